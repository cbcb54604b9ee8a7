// Package sqs implements Amazon SQS: all operations, on standard and FIFO queues.
//
// # State
//
// A message is one immutable row. Where it is stands elsewhere: a visible message of a standard queue has a ready row, and
// one that is in flight or delayed has a timer, whose handler gives it a ready row when it is due. A message that was
// received (or is delayed) has a small state row, which says which of these places it is in, when it is due, how often it
// was received, and which receipt handle is the last one given out.
//
// Ready rows are keyed by the stamp of the commit that makes them. So a message can never appear below one that a receiver
// has seen, and a receiver may start where the last one stopped: the head (head.go), which is only a hint in memory. The
// key of a ready row is not known before the commit and therefore is not kept anywhere: who deletes a visible message
// leaves its ready row behind, and a receiver that finds a row whose message is gone, or whose turn is not the one in the
// message's state, removes it.
//
// Visible messages of a noisy tenant of a standard queue move once, when a receiver finds others behind them, from the
// ready index to one of the tenant's own. What is said here of ready rows holds for both; fair.go has the rules.
//
// A FIFO queue keeps its messages by group and sequence number. Instead of messages its ready rows name groups whose
// first message is visible; fifo.go has the rules.
//
// # Invariants
//
// Sending to a standard queue only writes, besides reading the queue's own row: sends never conflict with each other or
// with receives. Receivers find rows in the snapshot, which conflicts with nobody, and then read again, each by its key,
// what they take: so two of them never take the same message. Counters are changed by Add only, and add up to the number
// of message rows; a tenant's counter of messages in flight is the number of states that name it and are in flight. Each
// visible message of a standard queue has exactly one ready row with its turn, in one index or the other. Nothing in memory is the truth: queues are cached with the bytes of their rows, which are read and
// compared each time.
//
// Message ids begin with the time at which they were made. Neighbours in time are neighbours in the store, and the oldest
// messages of a queue are its first rows, which is what retention needs (retention.go).
//
// # Differences from AWS
//
// Standard queues deliver about in order, once as long as a message is invisible, and counts are exact when nobody sends
// or receives. Changes of attributes take effect at once (of DeduplicationScope after a minute, as was observed), also a
// purge. A FIFO queue's DelaySeconds is not retroactive. Nothing is throttled, so FifoThroughputLimit only is kept.
// Fair queues tell noisy tenants by their share of the messages in flight, with AWS's thresholds and at once, not by their
// share of the consumers' time; a tenant is quiet again as soon as its share is small; each receive passes over at most
// 200 messages of noisy tenants to find others; and about one group in 65,536 shares a given tenant's fate, because groups
// are hashed. KmsMasterKeyId is kept, and nothing is encrypted with it. A receipt handle of an earlier receive neither deletes a message nor changes its
// visibility, which AWS leaves open. A message that cannot become a dead letter, because that queue is gone or refuses it,
// is delivered again. Dead letters keep their receive count and first receive. A move task moves as many messages as were
// visible when it began, about a thousand a second unless told otherwise. A queue name alone is taken for a QueueUrl.
// Long polls hear of messages that this process makes visible; those of another process on the same store are found by the
// next look.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html
package sqs

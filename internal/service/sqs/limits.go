package sqs

import "time"

// Limits of messages.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	maxMessageBytes       = 1 << 20          // body and attributes together
	maxMessageAttributes  = 10               // a message
	maxAttributeNameBytes = 256              // name or type of a message attribute
	maxDelay              = 900              // seconds
	maxVisibilityTimeout  = 43_200           // seconds; also from a receive to the last extension
	maxWaitTime           = 20               // seconds
	maxReceiveMessages    = 10               // a call
	maxInFlight           = 120_000          // received, undeleted messages a queue
	maxNumberDigits       = 38               // of a Number attribute's precision
	maxGroupIDBytes       = 128              // also of a deduplication id and an attempt id
	dedupWindow           = 5 * time.Minute  // also of a receive request attempt id
	scopeChangeDelay      = 60 * time.Second // until a new DeduplicationScope takes effect
)

// Limits of batches.
const (
	maxBatchEntries = 10
	maxBatchIDBytes = 80
)

// Limits and defaults of queues.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
const (
	maxQueueNameBytes   = 80
	maxTags             = 50
	maxTagKeyBytes      = 128
	maxTagValueBytes    = 256
	maxListed           = 1_000 // queues a page
	maxPolicyStatements = 20
	maxPolicyActions    = 7 // of AddPermission
	maxSourceQueues     = 10

	minMessageSize = 1_024 // bytes, of MaximumMessageSize

	defaultVisibilityTimeout = 30      // seconds
	defaultRetention         = 345_600 // seconds: 4 days
	minRetention             = 60      // seconds
	maxRetention             = 1_209_600
	defaultKMSReuse          = 300 // seconds
	minKMSReuse              = 60
	maxKMSReuse              = 86_400
	maxMaxReceiveCount       = 1_000

	purgeInterval  = 60 * time.Second
	deleteInterval = 60 * time.Second
)

// Limits of message move tasks.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
const (
	maxMoveRate   = 500 // messages a second
	maxMoveTasks  = 10  // kept and listed a source queue
	moveBatch     = 100 // messages a transaction
	moveUnlimited = 100 * time.Millisecond
)

// When a tenant of a standard queue is noisy.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
const (
	noisyInFlight = 30 // messages that it has in flight, at least
	noisyShare    = 10 // it has more than one in so many of the queue's messages in flight
)

// Bounds of our own, so that no transaction grows without limit.
const (
	maxExamined      = 500     // rows that one receive looks at before it commits and goes on
	maxPage          = 50      // rows that one receive deals with at a time
	maxTogether      = 64      // receives that look at a queue in one transaction
	maxShown         = 4 << 20 // bytes of messages that the receives of one transaction hand out, if there are several
	maxCopied        = 4 << 20 // bytes of messages that one transaction moves to other queues
	tombstonesSwept  = 10_000  // deleted rows below a queue's head before they are swept as a range
	sweepBatch       = 500     // messages that one retention sweep removes
	minSweepInterval = 1 * time.Second
	maxTenants       = 1 << 16         // a queue; groups are hashed to them
	maxAside         = 200             // messages of noisy tenants that a transaction passes over to find others
	maxParkedTenants = 64              // a queue whose parked messages this process looks at
	surveyInterval   = 1 * time.Second // between looking for tenants whose messages another process parked
)

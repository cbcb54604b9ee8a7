package sqs

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// A random history of one caller, on a fake clock, with the rows checked after each step: what is in a group comes out in
// order, a group can be received from exactly if its first message is visible, and the counters agree with the rows.
func TestRandomHistory(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(f *fixture) {
				random := rand.New(rand.NewPCG(seed, 7))
				attributes := []string{"VisibilityTimeout", "5", "MessageRetentionPeriod", "60"}
				if seed%3 == 1 {
					attributes = append(attributes, "DelaySeconds", "2")
				}
				fifo := append([]string{"FifoQueue", "true"}, attributes...)
				f.create("dead", "MessageRetentionPeriod", "120")
				f.create("dead.fifo", "FifoQueue", "true", "MessageRetentionPeriod", "120")
				if seed%2 == 1 {
					attributes = append(attributes, "RedrivePolicy", redrive("dead", 3))
					fifo = append(fifo, "RedrivePolicy", redrive("dead.fifo", 3))
				}
				urls := []string{f.create("q", attributes...), f.create("q.fifo", fifo...)}
				held := map[string][]sqsapi.Message{}
				for step := range 120 {
					url := urls[random.IntN(2)]
					f.randomStep(random, url, step, held)
					for _, u := range []string{urls[0], urls[1], "dead", "dead.fifo"} {
						f.checkCounts(u)
						f.checkGroups(u)
						f.checkFair(u)
					}
					if t.Failed() {
						t.Fatalf("after step %d", step)
					}
				}
				time.Sleep(10 * time.Minute) // all expire, dead letters as well
				for _, u := range []string{urls[0], urls[1], "dead", "dead.fifo"} {
					f.counts(u, 0, 0, 0)
				}
			})
		})
	}
}

func (f *fixture) randomStep(random *rand.Rand, url string, step int, held map[string][]sqsapi.Message) {
	f.t.Helper()
	messages := held[url]
	pick := func() sqsapi.Message {
		i := random.IntN(len(messages))
		m := messages[i]
		held[url] = append(append([]sqsapi.Message{}, messages[:i]...), messages[i+1:]...)
		return m
	}
	switch n := random.IntN(20); {
	case n < 7:
		in := &sqsapi.SendMessageInput{QueueUrl: url, MessageBody: fmt.Sprint(step)}
		if !isFIFOName(url) && random.IntN(3) > 0 {
			in.MessageGroupId = new(fmt.Sprint(random.IntN(3)))
		} else if isFIFOName(url) {
			in.MessageGroupId, in.MessageDeduplicationId = new(fmt.Sprint(random.IntN(3))), new(fmt.Sprint(step))
		}
		f.sendIn(in)
	case n < 12:
		got := f.get(url, int32(1+random.IntN(4)))
		f.checkOrder(url, got)
		held[url] = append(messages, got...)
	case n < 15 && len(messages) > 0:
		m := pick()
		_, _ = f.DeleteMessage(f.ctx, &sqsapi.DeleteMessageInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle}) // may have expired
	case n < 17 && len(messages) > 0:
		m := pick()
		in := &sqsapi.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: *m.ReceiptHandle, VisibilityTimeout: int32(random.IntN(9))}
		_, _ = f.ChangeMessageVisibility(f.ctx, in) // may have expired
	case n < 18 && step%40 == 0:
		_, _ = f.PurgeQueue(f.ctx, &sqsapi.PurgeQueueInput{QueueUrl: url}) // may be too soon
	default:
		time.Sleep(time.Duration(random.IntN(4000)) * time.Millisecond)
	}
}

// checkOrder checks that within each group of an answer bodies, which are numbers of steps, grow.
func (f *fixture) checkOrder(url string, messages []sqsapi.Message) {
	f.t.Helper()
	if !isFIFOName(url) {
		return
	}
	last := map[string]string{}
	for _, m := range messages {
		group, sequence := m.Attributes["MessageGroupId"], m.Attributes["SequenceNumber"]
		if sequence <= last[group] {
			f.t.Errorf("group %s: sequence number %s after %s in one answer", group, sequence, last[group])
		}
		last[group] = sequence
	}
}

// checkGroups checks the rows of a FIFO queue's groups against its messages.
func (f *fixture) checkGroups(url string) {
	f.t.Helper()
	ref, err := resolve(f.ctx, url)
	if err != nil {
		f.t.Fatal(err)
	}
	err = f.db.Update(f.ctx, func(tx kv.Tx) error {
		q, err := f.queue(tx, ref)
		if err != nil {
			return err
		}
		first := map[string]uint64{}
		indexed := 0
		for key, value := range tx.Scan(kv.Prefix(q.groupMessages)) {
			group := key[len(q.groupMessages):].Parts().Str()
			sequence := binary.BigEndian.Uint64(key[len(key)-8:])
			if first[group] == 0 {
				first[group] = sequence
			}
			var m message
			if err := m.decode(tx.Get(q.message(messageID(value)))); err != nil || m.sequence != sequence || m.group != group {
				f.t.Errorf("group %s has %d, whose message says %s %d, %v", group, sequence, m.group, m.sequence, err)
			}
			indexed++
		}
		total := 0
		for range tx.Scan(kv.Prefix(q.messages)) {
			total++
		}
		if q.fifo && indexed != total {
			f.t.Errorf("%d messages in groups, %d in all", indexed, total)
		}
		valid := map[string]int{}
		for _, value := range tx.Scan(kv.Prefix(q.groupReady)) {
			var row groupReadyRow
			if err := row.decode(value); err != nil {
				return err
			}
			g, err := q.loadGroup(tx, row.group)
			if err != nil {
				return err
			}
			if g != nil && g.ready && g.turn == row.turn {
				valid[row.group]++
			}
		}
		groups := 0
		for key := range tx.Scan(kv.Prefix(q.groups)) {
			groups++
			group := key[len(q.groups):].Parts().Str()
			g, err := q.loadGroup(tx, group)
			if err != nil {
				return err
			}
			_, id, err := q.firstOfGroup(tx, group, g.first)
			if err != nil {
				return err
			}
			st, err := q.loadState(tx, id)
			if err != nil {
				return err
			}
			visible := st == nil || st.place == placeReady
			if g.first != first[group] || g.ready != visible || valid[group] > 1 || (valid[group] == 1) != visible {
				f.t.Errorf("group %s: row %+v, first message %d, visible %v, %d ready rows", group, *g, first[group], visible, valid[group])
			}
		}
		if groups != len(first) {
			f.t.Errorf("%d group rows for %d groups", groups, len(first))
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

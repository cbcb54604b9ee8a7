// Package crash kills the real program under load, again and again, and checks that nothing acknowledged is lost,
// duplicated or reordered.
package crash

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/cumulet/cumulet/test/binary"
)

var (
	rounds = flag.Int("crash.kills", 12, "how often to kill the server")
	seed   = flag.Uint64("crash.seed", 0, "of the moments; 0 chooses one")
)

const (
	senders    = 6 // on the standard queue
	groups     = 4 // on the FIFO queue, one sender each
	receivers  = 3 // on each queue
	visibility = 2 // seconds
)

func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-crash.seed=%d -crash.kills=%d", *seed, *rounds)
	random := rand.New(rand.NewPCG(*seed, 0))
	path, data := binary.Build(t), t.TempDir()
	l := newLedger()
	for round := range *rounds {
		p, err := binary.Start(path, nil, "--data", data)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		l.round(t, p, time.Duration(20+random.IntN(180))*time.Millisecond)
		if t.Failed() {
			t.Fatalf("round %d failed; server's output:\n%s", round, p.Output())
		}
	}
	p := binary.Run(t, "--data", data)
	l.drain(t, client(p.URL))
	t.Logf("%d kills: %d messages acknowledged on the standard queue, %d on the FIFO queue, %d requests unanswered; lost 0, repeated 0, reordered 0",
		*rounds, len(l.sent), l.fifoSent(), l.unanswered)
}

func client(url string) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String(url), Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// ledger knows what the server has acknowledged, over all rounds.
type ledger struct {
	mu         sync.Mutex
	sent       map[string]bool // standard: acknowledged sends; true once the delete is acknowledged
	doubtful   map[string]bool // standard: sends without an answer
	deleting   map[string]bool // deletes without an answer
	next       [groups]int     // FIFO: the number that is sent next, again until it is acknowledged
	done       [groups]int     // FIFO: the last number whose delete is acknowledged
	serial     int
	unanswered int
}

func newLedger() *ledger {
	return &ledger{sent: map[string]bool{}, doubtful: map[string]bool{}, deleting: map[string]bool{}, next: [groups]int{}}
}

func (l *ledger) fifoSent() (n int) {
	for _, next := range l.next {
		n += next
	}
	return n
}

// round puts load on the server for a while, kills it, and waits for all clients to notice.
func (l *ledger) round(t *testing.T, p *binary.Process, load time.Duration) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := client(p.URL)
	standard, fifo := createQueues(t, ctx, c)
	if t.Failed() {
		p.Kill()
		return
	}
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() { l.send(ctx, c, standard) })
	}
	for g := range groups {
		wg.Go(func() { l.sendFIFO(ctx, c, fifo, g) })
	}
	for range receivers {
		wg.Go(func() { l.receive(t, ctx, c, standard) })
	}
	wg.Go(func() { l.receiveFIFO(t, ctx, c, fifo) })
	alarm := time.NewTimer(load)
	<-alarm.C
	p.Kill()
	cancel()
	wg.Wait()
}

func createQueues(t *testing.T, ctx context.Context, c *sqs.Client) (standard, fifo string) {
	t.Helper()
	s, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("crash")})
	if err != nil {
		t.Errorf("create the standard queue: %v", err)
		return "", ""
	}
	f, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("crash.fifo"), Attributes: map[string]string{"FifoQueue": "true"}})
	if err != nil {
		t.Errorf("create the FIFO queue: %v", err)
		return "", ""
	}
	return *s.QueueUrl, *f.QueueUrl
}

// answered reports whether the server gave an answer, good or bad; a call without one may have had its effect or not.
func answered(err error) bool {
	var api interface{ ErrorCode() string }
	return err == nil || errors.As(err, &api)
}

func (l *ledger) send(ctx context.Context, c *sqs.Client, queue string) {
	for ctx.Err() == nil {
		l.mu.Lock()
		l.serial++
		body := "m" + strconv.Itoa(l.serial)
		l.doubtful[body] = true
		l.mu.Unlock()
		_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body})
		l.mu.Lock()
		if err == nil {
			delete(l.doubtful, body)
			if _, received := l.sent[body]; !received {
				l.sent[body] = false
			}
		} else {
			l.unanswered++
		}
		l.mu.Unlock()
	}
}

// sendFIFO sends the numbers 1, 2, 3 … of one group. What was not acknowledged is sent again with the same deduplication id.
func (l *ledger) sendFIFO(ctx context.Context, c *sqs.Client, queue string, g int) {
	for ctx.Err() == nil {
		l.mu.Lock()
		body := fmt.Sprintf("%d %d", g, l.next[g]+1)
		l.mu.Unlock()
		_, err := c.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &queue, MessageBody: &body, MessageGroupId: aws.String("g" + strconv.Itoa(g)),
			MessageDeduplicationId: aws.String(strings.ReplaceAll(body, " ", "-")),
		})
		l.mu.Lock()
		if err == nil {
			l.next[g]++
		} else {
			l.unanswered++
		}
		l.mu.Unlock()
	}
}

func (l *ledger) receive(t *testing.T, ctx context.Context, c *sqs.Client, queue string) {
	for ctx.Err() == nil {
		out, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 5, VisibilityTimeout: visibility})
		if err != nil {
			l.mu.Lock()
			l.unanswered++
			l.mu.Unlock()
			continue
		}
		for i, m := range out.Messages {
			l.take(t, *m.Body)
			if i%3 == 2 {
				continue // comes back after its visibility timeout
			}
			l.remove(ctx, c, queue, m)
		}
	}
}

// take checks a message that was received from the standard queue.
func (l *ledger) take(t *testing.T, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	deleted, acknowledged := l.sent[body]
	switch {
	case deleted:
		t.Errorf("%s came back after its delete was acknowledged", body)
	case !acknowledged && !l.doubtful[body]:
		t.Errorf("%s was never sent", body)
	case !acknowledged: // its answer was lost or is on its way, but it is there
		delete(l.doubtful, body)
		l.sent[body] = false
	}
}

func (l *ledger) remove(ctx context.Context, c *sqs.Client, queue string, m types.Message) bool {
	l.mu.Lock()
	l.deleting[*m.Body] = true
	l.mu.Unlock()
	_, err := c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.unanswered++
		if answered(err) {
			delete(l.deleting, *m.Body)
		}
		return false
	}
	delete(l.deleting, *m.Body)
	if !strings.Contains(*m.Body, " ") {
		l.sent[*m.Body] = true
	}
	return true
}

func (l *ledger) receiveFIFO(t *testing.T, ctx context.Context, c *sqs.Client, queue string) {
	for ctx.Err() == nil {
		out, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 3, VisibilityTimeout: visibility})
		if err != nil {
			continue
		}
		for _, m := range out.Messages {
			if !l.takeFIFO(t, *m.Body) || !l.removeFIFO(ctx, c, queue, m) {
				break // the rest of the group comes again
			}
		}
	}
}

// takeFIFO checks that a number is the next of its group.
func (l *ledger) takeFIFO(t *testing.T, body string) bool {
	var g, n int
	if _, err := fmt.Sscanf(body, "%d %d", &g, &n); err != nil {
		t.Errorf("%q was never sent", body)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	want := l.done[g] + 1
	if n == want+1 && l.deleting[fmt.Sprintf("%d %d", g, want)] { // that delete had its effect, but no answer
		delete(l.deleting, fmt.Sprintf("%d %d", g, want))
		l.done[g]++
		want++
	}
	if n != want {
		t.Errorf("group %d: received %d, want %d", g, n, want)
		return false
	}
	return true
}

func (l *ledger) removeFIFO(ctx context.Context, c *sqs.Client, queue string, m types.Message) bool {
	if !l.remove(ctx, c, queue, m) {
		return false
	}
	var g, n int
	_, _ = fmt.Sscanf(*m.Body, "%d %d", &g, &n)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[g] = n
	return true
}

// drain empties both queues and checks that all that was acknowledged was there.
func (l *ledger) drain(t *testing.T, c *sqs.Client) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	standard, fifo := createQueues(t, ctx, c)
	for _, queue := range []string{standard, fifo} {
		for empty := 0; empty < 2 && !t.Failed(); {
			out, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: visibility + 1, VisibilityTimeout: 60})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Messages) == 0 {
				empty++
				continue
			}
			empty = 0
			for _, m := range out.Messages {
				if queue == standard {
					l.take(t, *m.Body)
					l.remove(ctx, c, queue, m)
				} else if l.takeFIFO(t, *m.Body) {
					l.removeFIFO(ctx, c, queue, m)
				}
			}
		}
	}
	for _, body := range slices.Sorted(maps.Keys(l.sent)) {
		if !l.sent[body] && !l.deleting[body] {
			t.Errorf("%s was acknowledged and is lost", body)
		}
	}
	for g := range groups {
		if l.done[g] < l.next[g]-1 || l.done[g] < l.next[g] && !l.deleting[fmt.Sprintf("%d %d", g, l.next[g])] {
			t.Errorf("group %d: %d were acknowledged, the last received was %d", g, l.next[g], l.done[g])
		}
	}
	counts, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &standard, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		if got := counts.Attributes[name]; got != "0" {
			t.Errorf("%s of the empty queue = %s, want 0", name, got)
		}
	}
}

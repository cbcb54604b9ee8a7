package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cumulet/cumulet/internal/auth/sigv4"
)

const (
	accessKey = "AKIABENCHMARK0000000"
	secret    = "bench-secret-bench-secret-bench-secret-0"
	resign    = 30 * time.Second // a signature is used for this long at most
)

// request is a call that a connection sends again and again. Its signed bytes are made when they are first needed.
type request struct {
	operation, body string

	raw    []byte
	signed time.Time
}

// bytes returns the request as it goes over the wire.
func (q *request) bytes(c *conn) []byte {
	if now := time.Now(); now.Sub(q.signed) > resign {
		q.raw, q.signed = c.sign(q.operation, q.body, now), now
	}
	return q.raw
}

// conn is one HTTP/1.1 connection. It costs as little as it can, because it shares the machine with the server.
type conn struct {
	net.Conn
	in     *bufio.Reader
	signer *sigv4.Signer
	addr   string
	body   []byte
}

func dial(addr string, signer *sigv4.Signer) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 32<<10), signer: signer, addr: addr}, nil
}

func newSigner() *sigv4.Signer {
	return sigv4.NewSigner(accessKey, sigv4.Secret{Key: secret}, "us-east-1", "sqs")
}

// sign returns a whole signed request, with the headers that an SDK sends.
func (c *conn) sign(operation, body string, now time.Time) []byte {
	r, err := http.NewRequest(http.MethodPost, "http://"+c.addr+"/", strings.NewReader(body))
	if err != nil {
		panic(err) // the address is ours
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	r.Header.Set("X-Amzn-Query-Mode", "true")
	r.Header.Set("User-Agent", "cumulet-bench/1")
	c.signer.Sign(r, sigv4.HashPayload([]byte(body)), now)
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// do sends a request and returns the answer's status and body. The body is valid until the next call.
func (c *conn) do(raw []byte) (int, []byte, error) {
	if _, err := c.Write(raw); err != nil {
		return 0, nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, nil, err
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, nil, err
			}
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}

// histogram counts latencies in steps of about 3 %.
type histogram [64 << 5]int

func bucket(d time.Duration) int {
	v := uint64(max(d, 32))
	n := bits.Len64(v) - 6
	return n<<5 + int(v>>n)&31
}

func value(b int) time.Duration { return time.Duration(32|b&31) << (b >> 5) }

func (h *histogram) percentile(p float64) time.Duration {
	total := 0
	for _, n := range h {
		total += n
	}
	rank := int(float64(total) * p)
	for b, n := range h {
		if rank -= n; rank < 0 {
			return value(b)
		}
	}
	return 0
}

// result is what one measurement saw.
type result struct {
	requests int
	elapsed  time.Duration
	cpu      time.Duration // of the process that answered
	latency  histogram
}

func (r *result) rate() float64 { return float64(r.requests) / r.elapsed.Seconds() }

func (r *result) cpuPerCall() time.Duration {
	return (r.cpu / time.Duration(max(r.requests, 1))).Round(100 * time.Nanosecond)
}

// load lets connections work at once until each next returns false. A next does one request, or says why it cannot.
func load(to target, connections int, next func(worker int, c *conn) (bool, error)) (*result, error) {
	signer := newSigner()
	conns := make([]*conn, connections)
	for i := range conns {
		c, err := dial(to.addr, signer)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		conns[i] = c
	}
	total := &result{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failure error
	start, cpu := time.Now(), cpuTime(to.pid)
	for i, c := range conns {
		wg.Go(func() {
			var own result
			for {
				began := time.Now()
				more, err := next(i, c)
				if err != nil {
					mu.Lock()
					failure = err
					mu.Unlock()
					return
				}
				if !more {
					break
				}
				own.requests++
				own.latency[bucket(time.Since(began))]++
			}
			mu.Lock()
			defer mu.Unlock()
			total.requests += own.requests
			for b, n := range own.latency {
				total.latency[b] += n
			}
		})
	}
	wg.Wait()
	total.elapsed, total.cpu = time.Since(start), cpuTime(to.pid)-cpu
	return total, failure
}

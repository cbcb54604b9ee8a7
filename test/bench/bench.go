package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cumulet/cumulet/test/binary"
)

// body is the text of every message; with the queue's URL a request's body is about 300 bytes.
var body = strings.Repeat("abcdefghij", 20)

const shortQueue = 20_000 // messages, all of which are received

type bench struct {
	program string
	time    time.Duration
	backlog int
	only    string

	process *binary.Process
	server  target
	floor   target
}

// target is a process that answers requests.
type target struct {
	addr string
	pid  int
}

func (b *bench) run() error {
	dir, err := os.MkdirTemp("", "cumulet-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("%s, %d CPUs, %v a measurement; client, floor and server share the machine\n\n", runtime.Version(), runtime.NumCPU(), b.time)
	if err := b.startup(dir); err != nil {
		return err
	}
	if err := b.start(filepath.Join(dir, "data")); err != nil {
		return err
	}
	defer b.process.Kill()
	stop, err := b.startFloor()
	if err != nil {
		return err
	}
	defer stop()

	fmt.Println("| call | connections | floor/s | server/s | ratio | p50 | p99 | floor's CPU a call | server's |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, step := range []struct {
		name string
		run  func() error
	}{{"send", b.sends}, {"receive", b.receives}, {"delete", b.deletes}, {"backlog", b.backlogs}} {
		if b.only != "" && b.only != step.name {
			continue
		}
		if err := step.run(); err != nil {
			return err
		}
	}
	fmt.Printf("\nresident memory under load: %s at the peak\n", memory(b.server.pid, "VmHWM"))
	return nil
}

// options are how the server runs: durable, and with every signature verified.
func (b *bench) options(data string) (env, args []string) {
	return []string{"CUMULET_ROOT_ACCESS_KEY_ID=" + accessKey, "CUMULET_ROOT_SECRET_ACCESS_KEY=" + secret},
		[]string{"--data", data, "--auth", "enforce"}
}

func (b *bench) start(data string) error {
	env, args := b.options(data)
	p, err := binary.Start(b.program, env, args...)
	if err != nil {
		return err
	}
	b.process, b.server = p, target{strings.TrimPrefix(p.URL, "http://"), p.PID()}
	return nil
}

func (b *bench) startFloor() (stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "floor")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line := make([]byte, 64)
	n, err := out.Read(line)
	b.floor = target{strings.TrimPrefix(strings.TrimSpace(string(line[:n])), "http://"), cmd.Process.Pid}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, err
}

// startup measures how long a start takes until the first answer, and how much memory an idle server holds.
func (b *bench) startup(dir string) error {
	var times []time.Duration
	idle := ""
	for range 7 {
		began := time.Now()
		if err := b.start(filepath.Join(dir, "startup")); err != nil {
			return err
		}
		if _, err := b.call("ListQueues", "{}"); err != nil {
			return err
		}
		times = append(times, time.Since(began))
		idle = memory(b.server.pid, "VmRSS")
		b.process.Kill()
	}
	slices.Sort(times)
	fmt.Printf("start to first answer: median %v, best %v; resident when idle: %s\n\n", times[len(times)/2].Round(time.Millisecond), times[0].Round(time.Millisecond), idle)
	return nil
}

// memory returns a figure of /proc, such as VmRSS.
func memory(pid int, field string) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "unknown"
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte(field+":")); ok {
			return string(bytes.TrimSpace(rest))
		}
	}
	return "unknown"
}

// cpuTime returns how much processor time a process has used, in steps of 10 ms.
func cpuTime(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte(") ")) // the name may have spaces
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * 10 * time.Millisecond
}

// call makes one call and returns the answer.
func (b *bench) call(operation, params string) ([]byte, error) {
	c, err := dial(b.server.addr, newSigner())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, answer, err := c.do(c.sign(operation, params, time.Now()))
	if err == nil && status != 200 {
		err = fmt.Errorf("%s: status %d: %s", operation, status, answer)
	}
	return bytes.Clone(answer), err
}

func (b *bench) createQueue(name string) (string, error) {
	answer, err := b.call("CreateQueue", fmt.Sprintf(`{"QueueName":%q,"Attributes":{"VisibilityTimeout":"43200"}}`, name))
	if err != nil {
		return "", err
	}
	var out struct{ QueueUrl string }
	return out.QueueUrl, json.Unmarshal(answer, &out)
}

// until runs one call again and again for the time of a measurement.
func (b *bench) until(to target, operation string, connections int, params func(worker int) string) (*result, error) {
	requests := make([]*request, connections)
	for i := range requests {
		requests[i] = &request{operation: operation, body: params(i)}
	}
	deadline := time.Now().Add(b.time)
	return load(to, connections, func(worker int, c *conn) (bool, error) {
		status, answer, err := c.do(requests[worker].bytes(c))
		if err == nil && status != 200 {
			err = fmt.Errorf("%s: status %d: %s", operation, status, answer)
		}
		return time.Now().Before(deadline), err
	})
}

func row(call string, connections int, floor, server *result) {
	fmt.Printf("| %s | %d | %.0f | %.0f | **%.0f %%** | %v | %v | %v | %v |\n", call, connections, floor.rate(), server.rate(),
		100*server.rate()/floor.rate(), server.latency.percentile(.5).Round(10*time.Microsecond), server.latency.percentile(.99).Round(10*time.Microsecond),
		floor.cpuPerCall(), server.cpuPerCall())
}

func sendParams(url string) string {
	return fmt.Sprintf(`{"QueueUrl":%q,"MessageBody":%q}`, url, body)
}

func (b *bench) sends() error {
	var urls []string
	for i := range 100 {
		url, err := b.createQueue(fmt.Sprintf("send-%d", i))
		if err != nil {
			return err
		}
		urls = append(urls, url)
	}
	for _, m := range []struct{ connections, queues int }{{1, 1}, {16, 1}, {128, 1}, {128, 100}} {
		params := func(worker int) string { return sendParams(urls[worker%m.queues]) }
		floor, err := b.until(b.floor, "SendMessage", m.connections, params)
		if err != nil {
			return err
		}
		server, err := b.until(b.server, "SendMessage", m.connections, params)
		if err != nil {
			return err
		}
		row(fmt.Sprintf("SendMessage, %d queue(s)", m.queues), m.connections, floor, server)
	}
	return nil
}

// fill sends n messages in batches of ten.
func (b *bench) fill(url string, n int) error {
	var entries []string
	for i := range 10 {
		entries = append(entries, fmt.Sprintf(`{"Id":"%d","MessageBody":%q}`, i, body))
	}
	q := fmt.Sprintf(`{"QueueUrl":%q,"Entries":[%s]}`, url, strings.Join(entries, ","))
	var sent atomic.Int64
	requests := make([]request, 16)
	_, err := load(b.server, len(requests), func(worker int, c *conn) (bool, error) {
		if sent.Add(10) > int64(n) {
			return false, nil
		}
		r := &requests[worker]
		r.operation, r.body = "SendMessageBatch", q
		status, answer, err := c.do(r.bytes(c))
		if err == nil && (status != 200 || bytes.Contains(answer, []byte("SenderFault"))) {
			err = fmt.Errorf("SendMessageBatch: status %d: %s", status, answer)
		}
		return true, err
	})
	return err
}

func receiveParams(url string, n int) string {
	return fmt.Sprintf(`{"QueueUrl":%q,"MaxNumberOfMessages":%d}`, url, n)
}

// receive takes n messages, one a call, and fails when one is not there.
func (b *bench) receive(url string, connections, n int) (*result, error) {
	var taken atomic.Int64
	requests := make([]request, connections)
	return load(b.server, connections, func(worker int, c *conn) (bool, error) {
		if taken.Add(1) > int64(n) {
			return false, nil
		}
		r := &requests[worker]
		r.operation, r.body = "ReceiveMessage", receiveParams(url, 1)
		status, answer, err := c.do(r.bytes(c))
		if err == nil && (status != 200 || !bytes.Contains(answer, []byte("ReceiptHandle"))) {
			err = fmt.Errorf("ReceiveMessage: status %d: %s", status, answer)
		}
		return true, err
	})
}

func (b *bench) receives() error {
	for _, connections := range []int{1, 16, 128} {
		url, err := b.createQueue(fmt.Sprintf("receive-%d", connections))
		if err != nil {
			return err
		}
		n := min(connections*10_000, 60_000)
		if err := b.fill(url, n); err != nil {
			return err
		}
		floor, err := b.until(b.floor, "ReceiveMessage", connections, func(int) string { return receiveParams(url, 1) })
		if err != nil {
			return err
		}
		server, err := b.receive(url, connections, n)
		if err != nil {
			return err
		}
		row("ReceiveMessage of one", connections, floor, server)
	}
	return nil
}

func (b *bench) deletes() error {
	for _, connections := range []int{1, 16, 128} {
		url, err := b.createQueue(fmt.Sprintf("delete-%d", connections))
		if err != nil {
			return err
		}
		n := min(connections*10_000, 60_000)
		if err := b.fill(url, n); err != nil {
			return err
		}
		handles, err := b.handles(url, n)
		if err != nil {
			return err
		}
		params := func(handle string) string { return fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q}`, url, handle) }
		measure := func(to target) (*result, error) {
			var next atomic.Int64
			return load(to, connections, func(_ int, c *conn) (bool, error) {
				i := next.Add(1) - 1
				if i >= int64(len(handles)) {
					return false, nil
				}
				status, answer, err := c.do(c.sign("DeleteMessage", params(handles[i]), time.Now()))
				if err == nil && status != 200 {
					err = fmt.Errorf("DeleteMessage: status %d: %s", status, answer)
				}
				return true, err
			})
		}
		floor, err := measure(b.floor)
		if err != nil {
			return err
		}
		server, err := measure(b.server)
		if err != nil {
			return err
		}
		row("DeleteMessage (each signed anew)", connections, floor, server)
	}
	return nil
}

// handles receives n messages, ten a call.
func (b *bench) handles(url string, n int) ([]string, error) {
	c, err := dial(b.server.addr, newSigner())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	q := &request{operation: "ReceiveMessage", body: receiveParams(url, 10)}
	var handles []string
	for len(handles) < n {
		status, answer, err := c.do(q.bytes(c))
		if err != nil {
			return nil, err
		}
		var out struct {
			Messages []struct{ ReceiptHandle string }
		}
		if err := json.Unmarshal(answer, &out); err != nil || status != 200 || len(out.Messages) == 0 {
			return nil, fmt.Errorf("ReceiveMessage: status %d: %s", status, answer)
		}
		for _, m := range out.Messages {
			handles = append(handles, m.ReceiptHandle)
		}
	}
	return handles, nil
}

// backlogs compares receiving from a short queue with receiving as much from a long one, by turns.
func (b *bench) backlogs() error {
	long, err := b.createQueue("long")
	if err != nil {
		return err
	}
	if err := b.fill(long, b.backlog); err != nil {
		return err
	}
	var short, deep []float64
	for i := range 5 {
		url, err := b.createQueue(fmt.Sprintf("short-%d", i))
		if err != nil {
			return err
		}
		if err := b.fill(url, shortQueue); err != nil {
			return err
		}
		for _, q := range []struct {
			url   string
			rates *[]float64
		}{{url, &short}, {long, &deep}} {
			r, err := b.receive(q.url, 16, shortQueue)
			if err != nil {
				return err
			}
			*q.rates = append(*q.rates, r.rate())
		}
	}
	slices.Sort(short)
	slices.Sort(deep)
	fmt.Printf("\nReceiveMessage of one at 16 connections, medians of 5: %.0f/s from a queue of %d, %.0f/s from one of %d: **%.0f %%**\n",
		short[2], shortQueue, deep[2], b.backlog, 100*deep[2]/short[2])
	return nil
}

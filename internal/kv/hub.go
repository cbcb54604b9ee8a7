package kv

import (
	"container/list"
	"sync"
)

// Hub wakes those who wait for a topic, such as long polls on a queue, the longest waiting first. It lives in memory: it
// is a hint for speed, and whoever waits looks at the store before and after. The zero value is ready for use.
type Hub struct {
	mu     sync.Mutex
	topics map[string]*list.List // of *Listener, longest waiting first
}

// Listener waits for one topic.
type Listener struct {
	C <-chan struct{} // receives when the listener is woken; it holds one wake-up

	hub   *Hub
	topic string
	c     chan struct{}
	at    *list.Element
}

// Listen adds a listener. It counts as waiting until it is closed.
func (h *Hub) Listen(topic string) *Listener {
	c := make(chan struct{}, 1)
	l := &Listener{C: c, c: c, hub: h, topic: topic}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics == nil {
		h.topics = map[string]*list.List{}
	}
	waiting := h.topics[topic]
	if waiting == nil {
		waiting = list.New()
		h.topics[topic] = waiting
	}
	l.at = waiting.PushBack(l)
	return l
}

// Wake wakes up to n listeners that have no wake-up pending yet. It never blocks.
func (h *Hub) Wake(topic string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wake(topic, n)
}

func (h *Hub) wake(topic string, n int) {
	waiting := h.topics[topic]
	if waiting == nil {
		return
	}
	for e := waiting.Front(); e != nil && n > 0; e = e.Next() {
		select {
		case e.Value.(*Listener).c <- struct{}{}:
			n--
		default: // already woken
		}
	}
}

// Close removes the listener. A wake-up that it had not taken yet goes to the next.
func (l *Listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	waiting := l.hub.topics[l.topic]
	waiting.Remove(l.at)
	if waiting.Len() == 0 {
		delete(l.hub.topics, l.topic)
		return
	}
	select {
	case <-l.c:
		l.hub.wake(l.topic, 1)
	default:
	}
}

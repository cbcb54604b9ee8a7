package kv

import (
	"fmt"
	"strconv"
	"strings"
)

// Table is the number that every key begins with. Numbers are never reused.
type Table uint16

// All tables. Dumps print the names in tableNames; the package that owns it documents the layout in its keys.go.
const (
	TableMeta       Table = 1 // kv: format version and the like
	TableTimer      Table = 2 // delivery/timer
	TableCredential Table = 3 // auth: stored credentials

	TableQueue         Table = 10 // service/sqs: queues by name
	TableQueueID       Table = 11 // service/sqs: queue ids to names
	TableMessage       Table = 12 // service/sqs: message bodies
	TableMessageState  Table = 13 // service/sqs: where a received message is
	TableReady         Table = 14 // service/sqs: visible messages, by stamp
	TableQueueCount    Table = 15 // service/sqs: counters
	TableGroup         Table = 16 // service/sqs: FIFO message groups
	TableGroupReady    Table = 17 // service/sqs: FIFO groups that can be received from
	TableDedup         Table = 18 // service/sqs: deduplication ids
	TableMoveTask      Table = 19 // service/sqs: message move tasks
	TableDeadLetterSrc Table = 20 // service/sqs: sources of a dead-letter queue
	TableAttempt       Table = 21 // service/sqs: receive request attempt ids
	TableGroupMessage  Table = 22 // service/sqs: FIFO messages by group and sequence number
	TableQueueDeleted  Table = 23 // service/sqs: names of queues deleted a moment ago
	TableParked        Table = 24 // service/sqs: visible messages of noisy tenants, by tenant and stamp
)

// tableNames are what String prints. A name never changes, begins with a letter, and has letters and hyphens only.
var tableNames = map[Table]string{
	TableMeta:          "meta",
	TableTimer:         "timer",
	TableCredential:    "credential",
	TableQueue:         "queue",
	TableQueueID:       "queue-id",
	TableMessage:       "message",
	TableMessageState:  "message-state",
	TableReady:         "ready",
	TableQueueCount:    "queue-count",
	TableGroup:         "group",
	TableGroupReady:    "group-ready",
	TableDedup:         "dedup",
	TableMoveTask:      "move-task",
	TableDeadLetterSrc: "dead-letter-src",
	TableAttempt:       "attempt",
	TableGroupMessage:  "group-message",
	TableQueueDeleted:  "queue-deleted",
	TableParked:        "parked",
}

// String returns the table's name, or table and its number if it has none.
func (t Table) String() string {
	if name, ok := tableNames[t]; ok {
		return name
	}
	return "table" + strconv.Itoa(int(t))
}

// parseTable returns the table that String printed.
func parseTable(s string) (Table, error) {
	for t, name := range tableNames {
		if name == s {
			return t, nil
		}
	}
	if digits, ok := strings.CutPrefix(s, "table"); ok {
		n, err := strconv.ParseUint(digits, 10, 16)
		return Table(n), err
	}
	return 0, fmt.Errorf("there is no table %s", s)
}

package kv

// Table is the number that every key begins with. Numbers are never reused.
type Table uint16

// All tables. The name is what dumps print; the package that owns it documents the layout in its keys.go.
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
)

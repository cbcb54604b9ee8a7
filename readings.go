package cumulet

import (
	"context"

	"github.com/cumulet/cumulet/internal/auth"
	"github.com/cumulet/cumulet/internal/call"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"
	"github.com/cumulet/cumulet/internal/telemetry"
)

// storeReadings are the store's figures in the metrics.
var storeReadings = []telemetry.Reading{
	{Name: "cumulet_kv_commits_total", Help: "Transactions that wrote something.", Counter: true},
	{Name: "cumulet_kv_conflicts_total", Help: "Runs of transactions that had to be repeated.", Counter: true},
	{Name: "cumulet_kv_syncs_total", Help: "Groups of transactions made durable together.", Counter: true},
	{Name: "cumulet_kv_sync_seconds_total", Help: "Time spent in syncs.", Counter: true},
	{Name: "cumulet_kv_too_old_total", Help: "Transactions that gave up after too long or too many conflicts.", Counter: true},
	{Name: "cumulet_kv_unavailable_total", Help: "Transactions refused because the store cannot be written.", Counter: true},
	{Name: "cumulet_kv_disk_bytes", Help: "Bytes in the store's files."},
	{Name: "cumulet_kv_compaction_debt_bytes", Help: "Bytes that wait for compaction."},
	{Name: "cumulet_kv_read_amplification", Help: "Tables that a read looks at, at most."},
	{Name: "cumulet_kv_queued_transactions", Help: "Transactions that wait for a group."},
}

// readStore returns the values of storeReadings, or nil when the store does not tell.
func readStore(db *pebblekv.Store) []float64 {
	m, err := db.Metrics()
	if err != nil {
		return nil
	}
	return []float64{
		float64(m.Commits), float64(m.Conflicts), float64(m.Groups), m.SyncTime.Seconds(), float64(m.TooOld),
		float64(m.Unavailable), float64(m.DiskBytes), float64(m.CompactionDebt), float64(m.ReadAmp), float64(m.QueuedTx),
	}
}

// caller returns a context in which the root user of an account calls.
func (s *Server) caller(ctx context.Context, account, region string) context.Context {
	partition := auth.Partition(region)
	return call.With(ctx, &call.Info{
		Account: account, Region: region, Partition: partition, UserID: account,
		Principal: "arn:" + partition + ":iam::" + account + ":root", BaseURL: s.URL(),
	})
}

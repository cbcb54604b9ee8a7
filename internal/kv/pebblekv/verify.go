package pebblekv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// table is a file with rows.
type table struct {
	number uint64
	name   string
}

// verifyTables checks the checksum of each block in the tables of a database that is not open, those written last
// first, up to o.VerifyBytes: what it leaves out is checked block by block when it is read.
//
// A table that is damaged only counts if the database knows it. It may also be what a crash left of a new one.
func verifyTables(po *pebble.Options, o Options) error {
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return err
	}
	var tables []table
	for _, name := range names {
		base, ok := strings.CutSuffix(name, ".sst")
		if number, err := strconv.ParseUint(base, 10, 64); ok && err == nil {
			tables = append(tables, table{number, o.FS.PathJoin(o.Dir, name)})
		}
	}
	slices.SortFunc(tables, func(a, b table) int { return cmp.Compare(b.number, a.number) })
	left := o.VerifyBytes
	damaged := map[uint64]error{}
	for _, t := range tables {
		size, err := verifyTable(o.FS, t.name, po)
		if err != nil {
			damaged[t.number] = fmt.Errorf("data is corrupt: %s: %w", t.name, err)
		}
		if left -= size; left < 0 && o.VerifyBytes >= 0 {
			break
		}
	}
	if len(damaged) == 0 {
		return nil
	}
	return errors.Join(liveTables(po, o, damaged)...)
}

// liveTables returns the errors of those tables that the database knows.
func liveTables(po *pebble.Options, o Options, damaged map[uint64]error) []error {
	ro := po.Clone()
	ro.ReadOnly = true
	ro.Experimental.CompactionScheduler = pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()
	db, err := pebble.Open(o.Dir, ro)
	if err != nil {
		for _, d := range damaged {
			err = errors.Join(err, d) // without the database, all of them are suspects
		}
		return []error{err}
	}
	levels, err := db.SSTables()
	errs := []error{err}
	for _, t := range slices.Concat(levels...) {
		errs = append(errs, damaged[uint64(t.BackingSSTNum)])
	}
	return append(errs, db.Close())
}

// verifyTable checks a table and returns its size.
func verifyTable(fs vfs.FS, name string, po *pebble.Options) (size int64, err error) {
	f, err := fs.Open(name, vfs.SequentialReadsOption)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	size = readable.Size()
	r, err := sstable.NewReader(context.Background(), readable, po.MakeReaderOptions())
	if err != nil {
		return size, errors.Join(err, readable.Close())
	}
	return size, errors.Join(r.ValidateBlockChecksums(), r.Close())
}

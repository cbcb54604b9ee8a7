package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// verify reads tables, those written last first, and checks each block's checksum. It stops at o.VerifyBytes: what it
// leaves out is checked block by block when it is read.
func verify(db *pebble.DB, po *pebble.Options, o Options) error {
	levels, err := db.SSTables()
	if err != nil {
		return err
	}
	left := o.VerifyBytes
	for _, tables := range levels {
		for _, t := range tables {
			if o.VerifyBytes >= 0 {
				if left -= int64(t.Size); left < 0 {
					return nil
				}
			}
			name := o.FS.PathJoin(o.Dir, fmt.Sprintf("%06d.sst", uint64(t.BackingSSTNum)))
			if err := verifyTable(o.FS, name, po); err != nil {
				return fmt.Errorf("data is corrupt: %s: %w", name, err)
			}
		}
	}
	return nil
}

func verifyTable(fs vfs.FS, name string, po *pebble.Options) error {
	f, err := fs.Open(name, vfs.SequentialReadsOption)
	if errors.Is(err, os.ErrNotExist) {
		return nil // compacted away meanwhile; Pebble has checked at open that all tables are there
	}
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	r, err := sstable.NewReader(context.Background(), readable, po.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, readable.Close())
	}
	return errors.Join(r.ValidateBlockChecksums(), r.Close())
}

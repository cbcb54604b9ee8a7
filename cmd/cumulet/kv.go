package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cumulet/cumulet/internal/kv"
	"github.com/cumulet/cumulet/internal/kv/pebblekv"
)

// dump prints the rows of a store, one a line, as kv.Dump does. The store must not be in use.
func dump(ctx context.Context, env environment, args []string) (err error) {
	flags := newFlags("kv dump", "[flags] [prefix]", env)
	data := flags.String("data", defaultData(env), "`directory` that holds all state")
	if err := parse(flags, args, env); err != nil {
		return err
	}
	if flags.NArg() > 1 {
		return usageError{fmt.Errorf("kv dump takes one prefix, got %d", flags.NArg())}
	}
	prefix, err := kv.ParseKey(flags.Arg(0))
	if err != nil {
		return usageError{err}
	}
	if _, err := os.Stat(*data); errors.Is(err, fs.ErrNotExist) { // Open would make an empty store
		return fmt.Errorf("there is no store in %s", *data)
	}
	db, err := pebblekv.Open(pebblekv.Options{Dir: *data}) //nolint:contextcheck // not given up half-way
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out := bufio.NewWriter(env.stdout)
	err = db.View(ctx, func(r kv.Reader) error { return kv.Dump(out, r, kv.Prefix(prefix)) })
	return errors.Join(err, out.Flush())
}

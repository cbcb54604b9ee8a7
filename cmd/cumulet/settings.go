package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// configFlag names the configuration file.
const configFlag = "config"

// newFlags returns a set of flags whose errors are for parse to show.
func newFlags(name, args string, env environment) *flag.FlagSet {
	flags := flag.NewFlagSet("cumulet "+name, flag.ContinueOnError)
	flags.SetOutput(env.stdout)
	flags.Usage = func() {
		fmt.Fprintf(env.stdout, "Usage: cumulet %s %s\n\n", name, args)
		flags.VisitAll(func(f *flag.Flag) {
			value, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(env.stdout, "  --%-28s %s", strings.TrimSpace(f.Name+" "+value), usage)
			if f.DefValue != "" && f.DefValue != "false" {
				fmt.Fprintf(env.stdout, " (default %s)", f.DefValue)
			}
			fmt.Fprintln(env.stdout)
		})
		fmt.Fprintln(env.stdout, "\nEach flag may also be set in the environment: --log-level as CUMULET_LOG_LEVEL.")
		if flags.Lookup(configFlag) != nil {
			fmt.Fprintln(env.stdout, "The file that --config names sets flags on lines such as: log-level = debug. Flags win over the\n"+
				"environment, which wins over the file.")
		}
	}
	return flags
}

// parse sets flags from the command line, then those that are not there from the environment, then from the file that
// the flag config names, if there is such a flag.
func parse(flags *flag.FlagSet, args []string, env environment) error {
	out := flags.Output()
	usage := flags.Usage
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.Usage = func() {}
	err := flags.Parse(args)
	flags.SetOutput(out)
	if errors.Is(err, flag.ErrHelp) {
		usage()
		return err
	}
	if err != nil {
		return usageError{err}
	}
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	flags.VisitAll(func(f *flag.Flag) {
		name := "CUMULET_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := env.lookup(name)
		if !ok || set[f.Name] || err != nil {
			return
		}
		set[f.Name] = true
		if e := flags.Set(f.Name, value); e != nil {
			err = usageError{fmt.Errorf("%s: invalid value %q: %w", name, value, e)}
		}
	})
	file := flags.Lookup(configFlag)
	if err != nil || file == nil || file.Value.String() == "" {
		return err
	}
	return parseFile(flags, file.Value.String(), set)
}

// parseFile sets flags from lines of a file, name = value; those that start with # are comments.
func parseFile(flags *flag.FlagSet, path string, set map[string]bool) error {
	f, err := os.Open(path)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || flags.Lookup(name) == nil || name == configFlag {
			return usageError{fmt.Errorf("%s:%d: %q does not set a flag", path, n, line)}
		}
		if set[name] {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return usageError{fmt.Errorf("%s:%d: invalid value %q: %w", path, n, value, err)}
		}
	}
	return lines.Err()
}

// defaultData returns where state lies unless told otherwise: cumulet below the user's data directory.
// https://specifications.freedesktop.org/basedir-spec/latest/
func defaultData(env environment) string {
	if dir, ok := env.lookup("XDG_DATA_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "cumulet")
	}
	if home, ok := env.lookup("HOME"); ok && home != "" {
		return filepath.Join(home, ".local", "share", "cumulet")
	}
	return ".cumulet"
}

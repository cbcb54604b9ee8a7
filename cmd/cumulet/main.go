// Command cumulet runs the platform.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/cumulet/cumulet"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // the command failed, or the server ended because of an error
	exitUsage = 2 // the command line, the environment or the configuration file is wrong
)

func main() {
	os.Exit(run(os.Args[1:], environment{
		stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv,
	}))
}

// environment is what a command gets from outside.
type environment struct {
	stdout, stderr io.Writer
	lookup         func(name string) (value string, ok bool) // of environment variables
}

// command is a subcommand.
type command struct {
	name, args, does string
	run              func(ctx context.Context, env environment, args []string) error
}

func commands() []command {
	return []command{
		{"start", "[flags]", "run the platform until it is interrupted", start},
		{"kv dump", "[flags] [prefix]", "print the rows of a store that is not in use", dump},
		{"version", "", "print the version", version},
	}
}

// usageError is a mistake of whoever typed the command.
type usageError struct{ error }

// run runs the command line and returns the exit code.
func run(args []string, env environment) int {
	if len(args) == 0 {
		help(env.stderr)
		return exitUsage
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		help(env.stdout)
		return exitOK
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	for _, c := range commands() {
		rest, ok := match(c.name, args)
		if !ok {
			continue
		}
		err := c.run(ctx, env, rest)
		var usage usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.As(err, &usage):
			complain(env.stderr, err)
			return exitUsage
		}
		complain(env.stderr, err)
		return exitError
	}
	complain(env.stderr, fmt.Errorf("unknown command %q; cumulet help lists them", args[0]))
	return exitUsage
}

func complain(w io.Writer, err error) { fmt.Fprintln(w, "cumulet:", err) }

// match reports whether args begin with the words of a command, and returns what follows them.
func match(name string, args []string) (rest []string, ok bool) {
	for word := range strings.FieldsSeq(name) {
		if len(args) == 0 || args[0] != word {
			return nil, false
		}
		args = args[1:]
	}
	return args, true
}

func help(w io.Writer) {
	fmt.Fprintln(w, "Cumulet is an AWS-compatible, event-driven serverless cloud in one program.")
	fmt.Fprintln(w)
	fmt.Fprintln(w, "Usage: cumulet command [flags]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-26s %s\n", c.name+" "+c.args, c.does)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "cumulet start --help lists the flags of a command.")
}

func version(_ context.Context, env environment, _ []string) error {
	_, err := fmt.Fprintln(env.stdout, "cumulet", cumulet.Version)
	return err
}

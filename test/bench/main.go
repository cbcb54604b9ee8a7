// Command bench measures the program against the floor: a bare net/http handler that reads the same signed requests and
// answers the same bytes, in a process of its own, under the same client, in the same run. Ratios count; absolute
// times do not travel.
//
//	go run ./test/bench [-server bin/cumulet] [-time 3s] [-backlog 1000000] [-only send]
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "floor" {
		if err := serveFloor(); err != nil {
			fmt.Fprintln(os.Stderr, "floor:", err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	flag.StringVar(&b.program, "server", "bin/cumulet", "the program to measure")
	flag.DurationVar(&b.time, "time", 3*time.Second, "how long each measurement runs")
	flag.IntVar(&b.backlog, "backlog", 1_000_000, "messages in the long queue")
	flag.StringVar(&b.only, "only", "", "measure only send, receive, delete or backlog")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

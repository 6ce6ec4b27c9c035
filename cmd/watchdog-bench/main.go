// Command watchdog-bench measures the watchdog as a process: how soon a fault is told, what it
// takes while all is well, what a check costs beside a bare net/http loop, and how that grows.
// `make bench` runs it, and `-write` puts what it found into docs/performance.md. Everything is
// on loopback, and it ends by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// bench is what a section works with.
type bench struct {
	binary string
	rounds int // checks of each dependency that count, after the first
	report *report
}

// section is one part of the report.
type section struct {
	name    string
	measure func(context.Context, *bench) error
}

// sections lists all parts in the order of the report.
func sections() []section {
	return []section{
		{"start", measureStart}, {"idle", measureIdle}, {"faults", measureFaults}, {"checks", measureChecks}, {"growth", measureGrowth},
	}
}

func main() {
	b := &bench{report: &report{}}
	flag.StringVar(&b.binary, "watchdog", "bin/watchdog", "the program that is measured")
	flag.IntVar(&b.rounds, "rounds", 4, "checks of each dependency that count, after the first")
	only := flag.String("only", "", "a comma-separated list of sections: "+strings.Join(names(), ", ")+"; empty: all")
	file := flag.String("write", "", "a file with a block of figures, which is replaced")
	bare := flag.String("bare", "", "be the bare loop against this URL instead: what the watchdog is compared with")
	n := flag.Int("n", 1000, "requests of the bare loop")
	pause := flag.Duration("pause", 0, "between the requests of the bare loop")
	flag.Parse()
	if *bare != "" {
		bareLoop(*bare, *n, *pause)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, *only, *file); err != nil {
		fmt.Fprintln(os.Stderr, "watchdog-bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func names() []string {
	var all []string
	for _, s := range sections() {
		all = append(all, s.name)
	}
	return all
}

// run measures the sections, prints them, and puts them into the file. Its error also names the
// figures that are above their bounds.
func (b *bench) run(ctx context.Context, only, file string) error {
	wanted := names()
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no section %q: there are %s", name, strings.Join(names(), ", "))
		}
	}
	for _, s := range sections() {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		if err := s.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if file != "" {
		if err := b.report.write(file); err != nil {
			return err
		}
	}
	if b.report.above != nil {
		return errors.New("above its bound: " + strings.Join(b.report.above, "; "))
	}
	return nil
}

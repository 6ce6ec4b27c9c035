// Command watchdog-bench measures the watchdog as a process: how soon a fault is told, what it
// costs when idle, what a check costs beside a bare net/http loop, and how these grow.
// `make bench-process` runs it with -write, which writes the figures to docs/performance.md. It uses
// only loopback.
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

// bench is the input of the sections, and their report.
type bench struct {
	binary string
	rounds int // number of measured checks of each dependency, after the first
	report *report
}

// section measures one part of the report.
type section struct {
	name    string
	measure func(context.Context, *bench) error
}

// sections lists all sections in the order of the report.
func sections() []section {
	return []section{
		{"start", measureStart}, {"idle", measureIdle}, {"faults", measureFaults}, {"checks", measureChecks}, {"growth", measureGrowth},
	}
}

func main() {
	b := &bench{report: &report{}}
	flag.StringVar(&b.binary, "watchdog", "bin/watchdog", "the program to measure")
	flag.IntVar(&b.rounds, "rounds", 4, "measured checks of each dependency, after the first")
	only := flag.String("only", "", "a comma-separated list of sections: "+strings.Join(names(), ", ")+"; empty: all")
	file := flag.String("write", "", "a file whose block of figures is replaced")
	bare := flag.String("bare", "", "instead, run the bare loop against this URL, with which the watchdog is compared")
	n := flag.Int("n", 1000, "requests of the bare loop")
	pause := flag.Duration("pause", 0, "pause between the requests of the bare loop")
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

// run measures the sections, prints them, and writes them to the file. It returns an error if a figure
// exceeds its bound.
func (b *bench) run(ctx context.Context, only, file string) error {
	wanted := names()
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no section %q; the sections are %s", name, strings.Join(names(), ", "))
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
		return errors.New("above the bound: " + strings.Join(b.report.above, "; "))
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

var checkCommand = command{
	name:  "check",
	usage: "[--json]",
	short: "one pass of every configured probe, without sending anything",
	long: `Reads everything that the daemon would watch, once, sends nothing, and prints a table of
the signals, the most severe first: key, level, value, what it is held against, detail.
Levels are as they are seen now, before any debounce.

Exit codes: 0 everything is ok, 1 something is not, 2 wrong usage or settings.`,
	run: runCheck,
}

func runCheck(c command, w world) int {
	var asJSON bool
	if _, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON")
	}, 0); done {
		return code
	}
	cfg, _, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	probes, err := supervisor.Probes(cfg, time.Now)
	if err != nil {
		say(w.stderr, err)
		return exitUsage
	}
	observations, notes := readAll(context.Background(), probes)
	masked := newRedactor(w.stdout, cfg.Secrets())
	if asJSON {
		printJSON(masked, observations, notes)
	} else {
		printTable(masked, observations, notes)
	}
	for _, o := range observations {
		if o.Level != messages.OK {
			return exitNotWell
		}
	}
	return exitWell
}

// atOnce bounds how many probes read at a time.
const atOnce = 32

// readAll lets every probe read once, all beside each other. One that panics or does
// not return in time is told as watchdog_probe.
func readAll(ctx context.Context, parts []supervisor.ProbePart) ([]messages.Observation, []probe.Note) {
	var mu sync.Mutex
	var observations []messages.Observation
	var notes []probe.Note
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, part := range parts {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			reading := readOnce(ctx, part)
			mu.Lock()
			defer mu.Unlock()
			observations = append(observations, reading.Observations...)
			notes = append(notes, reading.Notes...)
		})
	}
	all.Wait()
	slices.SortFunc(observations, func(a, b messages.Observation) int {
		return cmp.Or(cmp.Compare(rank(b.Level), rank(a.Level)), cmp.Compare(a.Signal, b.Signal))
	})
	slices.SortFunc(notes, func(a, b probe.Note) int { return strings.Compare(a.Text, b.Text) })
	return observations, notes
}

// rank orders levels by severity: no data is worse than ok.
func rank(l messages.Level) int {
	return map[messages.Level]int{messages.OK: 0, messages.Unknown: 1, messages.Warning: 2, messages.Critical: 3}[l]
}

func readOnce(ctx context.Context, part supervisor.ProbePart) probe.Reading {
	ctx, cancel := context.WithTimeout(ctx, part.Deadline)
	defer cancel()
	type outcome struct {
		reading probe.Reading
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- outcome{err: errors.New("the probe panicked: please report it")}
			}
		}()
		r, err := part.Probe.Observe(ctx)
		done <- outcome{r, err}
	}()
	limit := time.NewTimer(part.Deadline + 500*time.Millisecond)
	defer limit.Stop()
	var o outcome
	select {
	case o = <-done:
	case <-limit.C:
		o.err = fmt.Errorf("the reading did not return within %s", part.Deadline)
	}
	if o.err != nil && !slices.ContainsFunc(o.reading.Observations, func(x messages.Observation) bool { return x.Level > messages.OK }) {
		// The failure shows in no signal of its own.
		o.reading.Observations = append(o.reading.Observations, messages.Observation{
			Signal: messages.NewKey("watchdog_probe", part.Name), Level: messages.Unknown, Detail: o.err.Error(),
		})
	}
	return o.reading
}

func printJSON(out io.Writer, observations []messages.Observation, notes []probe.Note) {
	type signal struct {
		Key       messages.Key   `json:"key"`
		Level     messages.Level `json:"level"`
		Value     *float64       `json:"value"`
		Threshold string         `json:"threshold"`
		Detail    string         `json:"detail"`
	}
	result := struct {
		Signals []signal `json:"signals"`
		Notes   []string `json:"notes"`
	}{[]signal{}, []string{}}
	for _, o := range observations {
		s := signal{Key: o.Signal, Level: o.Level, Threshold: o.Threshold, Detail: o.Detail}
		if o.Valued {
			s.Value = &o.Value
		}
		result.Signals = append(result.Signals, s)
	}
	for _, n := range notes {
		result.Notes = append(result.Notes, n.Text)
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		text = []byte("{}") // a value that is no number
	}
	fmt.Fprintf(out, "%s\n", text)
}

func printTable(out io.Writer, observations []messages.Observation, notes []probe.Note) {
	rows := [][]string{{"SIGNAL", "LEVEL", "VALUE", "THRESHOLD", "DETAIL"}}
	for _, o := range observations {
		value := ""
		if o.Valued {
			value = fmt.Sprintf("%.4g", o.Value)
		}
		rows = append(rows, []string{string(o.Signal), o.Level.String(), value, o.Threshold, o.Detail})
	}
	widths := make([]int, 4) // the detail is last and needs none
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		for i, width := range widths {
			text.WriteString(row[i] + strings.Repeat(" ", width-utf8.RuneCountInString(row[i])+2))
		}
		text.WriteString(row[4] + "\n")
	}
	for _, n := range notes {
		text.WriteString("note: " + n.Text + "\n")
	}
	fmt.Fprint(out, text.String())
}

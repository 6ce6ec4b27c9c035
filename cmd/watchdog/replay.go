package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/cmd/watchdog/internal/replay"
	"orchestrator-watchdog/messages"
)

var replayCommand = command{
	name:  "replay",
	usage: "[FILE] [--fill] [--json] [--channels] [--ignore-operators]",
	short: "shows what would have been told, from a recorded log",
	long: `Runs recorded observations through the real decision core in the log's own time, and
prints the notifications that would have been sent, before delivery and grouping. FILE is
a log of the daemon; - or no FILE reads standard input. A summary is on standard error.

It uses the lines whose msg is observation, with their ts, signal, state, value and detail.
Lines about restarts, retired signals, acknowledgements and silences also count. A line that
can't be read is counted, shown on standard error (the first 10), and skipped. A ts that goes
back is taken as the latest time seen.

Unless WATCHDOG_LOG_OBSERVATIONS=all, the daemon logs only changes: --fill adds the omitted
observations. The settings are the daemon's: change one to see what would have been told.

With --channels it follows the routes: each line says which channel would have been told,
and when. Channels deliver at once, except those that fail according to the log.`,
	settings: []string{
		"WATCHDOG_TICK", "WATCHDOG_RAISE_TICKS", "WATCHDOG_CLEAR_TICKS", "WATCHDOG_ORCH_DOWN_TICKS", "WATCHDOG_COOLDOWN", "WATCHDOG_ACK_EXPIRES", "WATCHDOG_STARTUP_GRACE",
		"WATCHDOG_CONFIG",
	},
	exits: [3]string{"the log was read to its end", "the log could not be read", "wrong usage or settings"},
	examples: []example{
		{"last week, with a reminder every 4 hours", "docker logs watchdog | WATCHDOG_COOLDOWN=4h watchdog replay --fill"},
		{"what would have been told without silences", "watchdog replay --ignore-operators watchdog.log"},
		{"how often each signal would have been told", "watchdog replay --fill --json watchdog.log | jq -r .signal | sort | uniq -c"},
	},
	run: runReplay,
}

// maxReported is how many unreadable lines are shown; the summary counts all of them.
const maxReported = 10

func runReplay(c command, w world) int {
	var fill, asJSON, byChannel, alone bool
	operands, code, done := c.parse(w, func(f *flag.FlagSet) {
		f.BoolVar(&fill, "fill", false, "observe the last state of each signal again at every tick between the lines")
		f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
		f.BoolVar(&byChannel, "channels", false, "follow the routes and name the channel that would have been told")
		f.BoolVar(&alone, "ignore-operators", false, "ignore acknowledgements and silences")
	}, 1)
	if done {
		return code
	}
	l, ok := loadOrSay(w)
	if !ok {
		return exitUsage
	}
	log := w.stdin
	if len(operands) == 1 && operands[0] != "-" {
		file, err := os.Open(operands[0])
		if err != nil {
			fmt.Fprintf(w.stderr, "watchdog replay: the log can't be read: %v\n", err)
			return exitNotWell
		}
		defer file.Close()
		log = file
	}
	out := bufio.NewWriter(w.stdout)
	defer out.Flush()
	o := replay.Options{Settings: l.Settings, Fill: fill, IgnoreOperators: alone}
	printNews := printTold
	if asJSON {
		printNews = printToldJSON
	}
	o.Told = func(t core.Told) { printNews(out, t.Notification, "") }
	if byChannel {
		for _, part := range l.Channels {
			o.Channels = append(o.Channels, part.Channel.Name())
		}
		o.Told = func(core.Told) {}
		o.OnChannel = func(channel string, n messages.Notification) { printNews(out, n, channel) }
	}
	return replayLog(w, log, out, o)
}

func replayLog(w world, log io.Reader, out *bufio.Writer, o replay.Options) int {
	reported := 0
	o.Unreadable = func(line int, err error) {
		if reported++; reported <= maxReported {
			fmt.Fprintf(w.stderr, "line %d: %v\n", line, err)
		}
	}
	sum, err := replay.Run(log, o)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	printSummary(w.stderr, sum)
	if sum.Observations == 0 {
		fmt.Fprintln(w.stderr, "there was nothing to replay: replay needs the daemon's log, as `docker logs watchdog` or `docker compose logs` print it, with observations (not WATCHDOG_LOG_OBSERVATIONS=off)")
	}
	if err != nil {
		fmt.Fprintf(w.stderr, "watchdog replay: the log can't be read further: %v\n", err)
		return exitNotWell
	}
	return exitWell
}

// printTold prints one notification; channel is empty without --channels.
func printTold(out io.Writer, n messages.Notification, channel string) {
	fmt.Fprintf(out, "%s  %-9s %s  %s", n.At.Format(time.RFC3339), n.News, n.Signal, n.Level)
	if text := n.Line(); text != "" {
		fmt.Fprintf(out, "  %s", text)
	}
	if n.Count > 1 {
		fmt.Fprintf(out, "  (%d times since the last one was told)", n.Count)
	}
	if channel != "" {
		fmt.Fprintf(out, "  [%s]", channel)
	}
	fmt.Fprintln(out)
}

func printToldJSON(out io.Writer, n messages.Notification, channel string) {
	// Encoding can't fail: the core made the levels and news.
	_ = json.NewEncoder(out).Encode(struct {
		TS      time.Time      `json:"ts"`
		Kind    messages.News  `json:"kind"`
		Signal  messages.Key   `json:"signal"`
		State   messages.Level `json:"state"`
		Detail  string         `json:"detail"`
		Channel string         `json:"channel,omitempty"` // only with --channels
	}{n.At, n.News, n.Signal, n.Level, n.Line(), channel})
}

// noisiest is how many signals the summary names.
const noisiest = 5

func printSummary(out io.Writer, s replay.Summary) {
	fmt.Fprintf(out, "%d lines, %d observations", s.Lines, s.Observations)
	if s.Filled > 0 {
		fmt.Fprintf(out, " and %d filled in", s.Filled)
	}
	fmt.Fprintf(out, ", %d unreadable lines\n", s.Unreadable)
	if s.Observations > 0 {
		fmt.Fprintf(out, "from %s to %s\n", s.From.Format(time.RFC3339), s.To.Format(time.RFC3339))
	}
	for _, news := range slices.Sorted(maps.Keys(s.Told)) {
		fmt.Fprintf(out, "%6d %s\n", s.Told[news], news)
	}
	if len(s.BySignal) == 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(s.BySignal), func(a, b messages.Key) int {
		return cmp.Or(s.BySignal[b]-s.BySignal[a], cmp.Compare(a, b))
	})
	fmt.Fprintln(out, "noisiest signals:")
	for _, key := range keys[:min(noisiest, len(keys))] {
		fmt.Fprintf(out, "%6d %s\n", s.BySignal[key], key)
	}
}

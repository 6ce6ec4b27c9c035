package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// status tells what the watchdog knows: what is not well, silences, and channels. With the
// argument --json it is the JSON of /status. The code is 1 where anything is not well.
func (o *Operator) status(_ context.Context, r control.Request) control.Answer {
	now := o.Status()
	code := well
	if slices.ContainsFunc(now.Signals, isWrong) {
		code = notWell
	}
	if slices.Contains(r.Args, "--json") {
		return control.Answer{Code: code, Output: encoded(now), Report: true}
	}
	return control.Answer{Code: code, Output: o.statusText(now), Report: true}
}

// isWrong tells whether a signal is not well, or was not told yet that it is.
func isWrong(s ops.Signal) bool { return s.Level > messages.OK || s.Announced > messages.OK }

func encoded(document any) string {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err.Error() + "\n"
	}
	return string(text) + "\n"
}

func (o *Operator) statusText(now ops.Status) string {
	var b strings.Builder
	ok, unknown := 0, 0
	signals := slices.Clone(now.Signals)
	slices.SortStableFunc(signals, func(a, b ops.Signal) int { return int(b.Level) - int(a.Level) })
	for _, s := range signals {
		switch {
		case isWrong(s):
			o.writeSignal(&b, s, now.Now)
		case s.Level == messages.Unknown:
			unknown++
		default:
			ok++
		}
	}
	fmt.Fprintf(&b, "%s: %d signals are ok, %d have no data\n", now.Host, ok, unknown)
	for _, s := range now.Silences {
		o.writeSilence(&b, s)
	}
	for _, ch := range now.Channels {
		fmt.Fprintf(&b, "channel %s: ", ch.Name)
		switch {
		case ch.LastError != "":
			fmt.Fprintf(&b, "fails: %s\n", ch.LastError)
		case ch.Pending > 0:
			fmt.Fprintf(&b, "%d still to tell\n", ch.Pending)
		default:
			fmt.Fprintln(&b, "well")
		}
	}
	return b.String()
}

func (o *Operator) writeSignal(b *strings.Builder, s ops.Signal, now time.Time) {
	fmt.Fprintf(b, "%-8s  %s", s.Level, s.Key)
	if s.Since != nil {
		fmt.Fprintf(b, "  since %s, for %s", o.shown(*s.Since), duration.Words(now.Sub(*s.Since)))
	}
	if s.Announced == messages.AnnouncedFlapping {
		b.WriteString("  flapping")
	}
	fmt.Fprintf(b, "\n          %s\n", s.Detail)
	if spark := o.spark(s.Key); spark != "" {
		fmt.Fprintf(b, "          %s\n", spark)
	}
	if a := s.Acknowledged; a != nil {
		fmt.Fprintf(b, "          acknowledged by %s at %s\n", a.By, o.shown(a.At))
	}
	if len(s.SilencedBy) > 0 {
		fmt.Fprintf(b, "          silenced by %s\n", strings.Join(s.SilencedBy, ", "))
	}
}

func (o *Operator) writeSilence(b *strings.Builder, s ops.Silence) {
	fmt.Fprintf(b, "silence %s: %s until %s, by %s", s.ID, strings.Join(s.Signals, ", "), o.shown(s.Until), s.By)
	if s.Reason != "" {
		fmt.Fprintf(b, ": %s", s.Reason)
	}
	b.WriteByte('\n')
}

// silences lists the silences; with the argument --json as those of /status.
func (o *Operator) silences(_ context.Context, r control.Request) control.Answer {
	now := o.Status()
	if slices.Contains(r.Args, "--json") {
		return control.Answer{Output: encoded(now.Silences)}
	}
	var b strings.Builder
	for _, s := range now.Silences {
		o.writeSilence(&b, s)
	}
	if b.Len() == 0 {
		b.WriteString("there is no silence\n")
	}
	return control.Answer{Output: b.String()}
}

package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/cmd/watchdog/internal/check"
	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// StatusRequest asks for the status.
type StatusRequest struct {
	JSON   bool            `json:"json"` // the JSON of /status; otherwise text for the screen
	Screen terminal.Screen `json:"screen"`
}

// Request returns it as a request to the daemon.
func (r StatusRequest) Request() control.Request { return encodeRequest("status", r) }

// status answers with what is not ok, silences, and channels. The exit code is 1 if any signal is
// not ok.
func (o *Operator) status(_ context.Context, r control.Request) control.Answer {
	var ask StatusRequest
	if refusal, ok := decodeRequest(r, &ask); !ok {
		return refusal
	}
	now := o.Status()
	code := well
	if slices.ContainsFunc(now.Signals, isWrong) {
		code = notWell
	}
	if ask.JSON {
		return control.Answer{Code: code, Output: encoded(now), Report: true}
	}
	return control.Answer{Code: code, Output: o.statusText(now, ask.Screen), Report: true}
}

// isWrong reports whether a signal is not ok, or its recovery was not told yet.
func isWrong(s ops.Signal) bool { return s.Level > messages.OK || s.Announced > messages.OK }

func encoded(document any) string {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err.Error() + "\n"
	}
	return string(text) + "\n"
}

// statusText returns a table of the signals that are not ok, in the layout of check, followed by
// silences and channels.
func (o *Operator) statusText(now ops.Status, screen terminal.Screen) string {
	var b strings.Builder
	ok, unknown := 0, 0
	var findings []check.Finding
	for _, s := range now.Signals {
		switch {
		case isWrong(s):
			findings = append(findings, o.finding(s, now.Now))
		case s.Level == messages.Unknown:
			unknown++
		default:
			ok++
		}
	}
	slices.SortStableFunc(findings, func(a, b check.Finding) int { return int(b.Level) - int(a.Level) })
	b.WriteString(check.Rows(findings, screen))
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
			fmt.Fprintf(&b, "%d pending\n", ch.Pending)
		default:
			fmt.Fprintln(&b, "well")
		}
	}
	return b.String()
}

// finding makes a row of the table from a signal. Its detail also gives since when, and who
// acknowledged or silenced the signal.
func (o *Operator) finding(s ops.Signal, now time.Time) check.Finding {
	f := check.Finding{Observation: messages.Observation{Signal: s.Key, Level: s.Level}}
	if s.Value != nil {
		f.Observation = f.WithValue(*s.Value)
	}
	parts := []string{s.Detail}
	if s.Since != nil {
		parts = append(parts, fmt.Sprintf("since %s, for %s", o.timeText(*s.Since), duration.Words(now.Sub(*s.Since))))
	}
	if s.Announced == messages.AnnouncedFlapping {
		parts = append(parts, "flapping")
	}
	parts = append(parts, chart.Spark(o.History, s.Key, o.Now()))
	if a := s.Acknowledged; a != nil {
		parts = append(parts, fmt.Sprintf("acknowledged by %s at %s", a.By, o.timeText(a.At)))
	}
	if len(s.SilencedBy) > 0 {
		parts = append(parts, "silenced by "+strings.Join(s.SilencedBy, ", "))
	}
	f.Detail = strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "; ")
	return f
}

func (o *Operator) writeSilence(b *strings.Builder, s ops.Silence) {
	fmt.Fprintf(b, "silence %s: %s until %s, by %s", s.ID, strings.Join(s.Signals, ", "), o.timeText(s.Until), s.By)
	if s.Reason != "" {
		fmt.Fprintf(b, ": %s", s.Reason)
	}
	b.WriteByte('\n')
}

// silences lists the silences; with the argument --json, in the form of /status.
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

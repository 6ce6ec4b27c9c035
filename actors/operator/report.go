package operator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/duration"
)

// clock formats a time for answers.
func clock(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("2006-01-02 15:04 MST")
}

var emoji = map[messages.Level]string{messages.Critical: "🔴", messages.Warning: "🟡", messages.OK: "🟢", messages.Unknown: "⚪"}

// HelpText returns the list of commands.
func HelpText() Text {
	var t Text
	for _, u := range Usages {
		t = append(t, linef("/%v · %v", strings.TrimSpace(u.Name+" "+u.Args), u.About))
	}
	return append(t, linef("KEY is a signal, or any part of its name. In a reply to one of my messages, /ack, /why and /silence 2h are about its signals."))
}

// StatusText lists the troubles, the worst first, the number of other signals, and the silences.
// spark returns the sparkline of a signal, or "".
func StatusText(s core.State, host string, now time.Time, zone *time.Location, spark func(messages.Key) string) Text {
	views := s.Signals()
	slices.SortStableFunc(views, func(a, b core.SignalView) int { return int(b.Hard) - int(a.Hard) })
	var t Text
	ok, unknown := 0, 0
	for _, v := range views {
		switch {
		case v.Hard > messages.OK || v.Announced > messages.OK:
			t = append(t, troubleText(v, now, zone, spark(v.Key))...)
		case v.Level == messages.Unknown:
			unknown++
		default:
			ok++
		}
	}
	if len(t) == 0 {
		t = Text{linef("🟢 all is well on %v", host)}
	}
	t = append(t, linef("%v: %v signals are ok, %v have no data", host, ok, unknown))
	for _, silence := range s.Silences() {
		t = append(t, silenceLine(silence, zone))
	}
	return t
}

func troubleText(v core.SignalView, now time.Time, zone *time.Location, spark string) Text {
	level := max(v.Hard, messages.OK)
	state := level.String()
	if v.Flapping {
		state = "flapping"
	}
	t := Text{linef("%v %v %v", emoji[level], v.Key, state)}
	if !v.Since.IsZero() { // zero: the trouble is over, and that was not told yet
		t[0] = append(t[0], linef(", for %v", duration.Words(now.Sub(v.Since)))...)
	}
	if v.Detail != "" {
		t = append(t, linef("%v", v.Detail))
	}
	if spark != "" {
		t = append(t, linef("%v", spark))
	}
	if a := v.Acknowledged; !a.IsZero() {
		t = append(t, linef("acknowledged by %v at %v", a.By, clock(a.At, zone)))
	}
	if len(v.SilencedBy) > 0 {
		t = append(t, linef("silenced by %v", strings.Join(v.SilencedBy, ", ")))
	}
	return t
}

func silenceLine(s messages.SilenceView, zone *time.Location) line {
	l := linef("🔕 %v: nothing of %v until %v, by %v", s.ID, messages.Key(strings.Join(s.Signals, ", ")), clock(s.Until, zone), s.By)
	if s.Reason != "" {
		l = append(l, linef(": %v", s.Reason)...)
	}
	return l
}

// SilencesText returns the list of silences.
func SilencesText(s core.State, zone *time.Location) Text {
	var t Text
	for _, silence := range s.Silences() {
		t = append(t, silenceLine(silence, zone))
	}
	if len(t) == 0 {
		return OneLine("there is no silence")
	}
	return t
}

func reminders(cooldown time.Duration) string {
	if cooldown == 0 {
		return "no reminders"
	}
	return "reminders every " + duration.Words(cooldown)
}

// WhyText explains the level of a signal, its policy, and when it was last told.
func WhyText(a core.Explanation, now time.Time, zone *time.Location) Text {
	state := max(a.Hard, messages.OK).String()
	if a.Flapping {
		state = fmt.Sprintf("flapping: it changed %d times", a.Changes)
	}
	t := Text{linef("%v %v is %v", emoji[max(a.Hard, messages.OK)], a.Key, state)}
	if !a.Since.IsZero() {
		t = append(t, linef("since %v, for %v", clock(a.Since, zone), duration.Words(now.Sub(a.Since))))
	}
	seen := fmt.Sprintf("last observation: %s", a.Level)
	if a.Valued {
		seen += fmt.Sprintf(", %.4g", a.Value)
	}
	if a.Threshold != "" {
		seen += fmt.Sprintf(" (threshold %s)", a.Threshold)
	}
	t = append(t, linef("%v", seen))
	if a.Detail != "" {
		t = append(t, linef("%v", a.Detail))
	}
	if c := a.Toward; c.Seen > 0 {
		t = append(t, linef("%v of %v observations in a row towards %v", c.Seen, c.Needed, c.Level))
	}
	p := a.Policy
	t = append(t, linef("policy: raised after %v bad, cleared after %v good in a row; %v", p.RaiseTicks, p.ClearTicks, reminders(p.Cooldown)))
	if len(p.InhibitedBy) > 0 {
		t = append(t, linef("not told while one of these is up: %v", messages.Key(strings.Join(p.InhibitedBy, ", "))))
	}
	if a.Held != core.Unsuppressed {
		t = append(t, linef("held back now: %v", a.Held))
	}
	if by := a.Acknowledged; !by.IsZero() {
		t = append(t, linef("acknowledged by %v at %v", by.By, clock(by.At, zone)))
	}
	if len(a.SilencedBy) > 0 {
		t = append(t, linef("silenced by %v", strings.Join(a.SilencedBy, ", ")))
	}
	if a.ToldAt.IsZero() {
		return append(t, linef("never told yet"))
	}
	return append(t, linef("last told at %v", clock(a.ToldAt, zone)))
}

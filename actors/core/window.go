package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Window is a recurring time: a maintenance window, or the quiet time of a route. It opens
// at the same local time in its zone, and lasts For also over a change of summer time.
type Window struct {
	Signals string         // key glob
	Start   time.Duration  // the local time of day at which it opens
	For     time.Duration  // how long it stays open
	Days    []time.Weekday // the days on which it opens; none: every day
	Zone    *time.Location
	From    string // where it is written, for people
}

func (w *Window) covers(key messages.Key) bool { return glob.Match(w.Signals, string(key)) }

// Open reports whether the window is open at the given time. At the end of For it is closed.
func (w *Window) Open(at time.Time) bool {
	_, open := w.Closes(at)
	return open
}

// Closes returns when the window that is open at the given time closes; open is false if it is
// not open. If two openings overlap, it is the end of the later one.
func (w *Window) Closes(at time.Time) (end time.Time, open bool) {
	year, month, day := at.In(w.Zone).Date()
	// The window may have opened on an earlier day.
	for back := range int(w.For/(24*time.Hour)) + 2 {
		opens := w.opening(year, month, day-back)
		if w.opensOn(time.Date(year, month, day-back, 12, 0, 0, 0, time.UTC).Weekday()) &&
			!at.Before(opens) && at.Before(opens.Add(w.For)) {
			return opens.Add(w.For).UTC(), true
		}
	}
	return time.Time{}, false
}

// opening returns when the window opens on a day. If the local time occurs twice that day, the
// window opens at the first. If the clock skips it, the window opens later by what was skipped.
func (w *Window) opening(year int, month time.Month, day int) time.Time {
	hour, minute := w.clock()
	opens := time.Date(year, month, day, hour, minute, 0, 0, w.Zone)
	_, before := time.Date(year, month, day, 0, 0, 0, 0, w.Zone).Zone()
	_, then := opens.Zone()
	if first := opens.Add(time.Duration(then-before) * time.Second); then < before && first.Hour() == hour && first.Minute() == minute {
		return first
	}
	return opens
}

func (w *Window) opensOn(day time.Weekday) bool {
	return len(w.Days) == 0 || slices.Contains(w.Days, day)
}

func (w *Window) clock() (hour, minute int) {
	return int(w.Start / time.Hour), int(w.Start % time.Hour / time.Minute)
}

// String returns the window for people.
func (w *Window) String() string { return fmt.Sprintf("%q %s", w.Signals, w.times()) }

// times returns the days and times of the window for people.
func (w *Window) times() string {
	days := "daily"
	if len(w.Days) > 0 {
		names := make([]string, len(w.Days))
		for i, d := range w.Days {
			names[i] = strings.ToLower(d.String()[:3])
		}
		days = strings.Join(names, ",")
	}
	hour, minute := w.clock()
	return fmt.Sprintf("%s %02d:%02d for %s %s", days, hour, minute, w.For, w.Zone)
}

package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Window is a maintenance window: nothing of the signals it covers is told inside.
// It opens at the same time of day in its zone and lasts For, as time passes there:
// a window over a change to or from summer time is not an hour longer or shorter.
type Window struct {
	Signals string         // key glob
	Start   time.Duration  // from midnight, as the clock on the wall shows it
	For     time.Duration  // how long it stays open
	Days    []time.Weekday // on which it opens; none: on every day
	Zone    *time.Location
	From    string // where it was written, for people
}

func (w *Window) covers(key messages.Key) bool { return glob.Match(w.Signals, string(key)) }

// Open tells whether the window is open at the given time. It closes at the very
// end of For: a signal observed then is told.
func (w *Window) Open(at time.Time) bool {
	_, open := w.Closes(at)
	return open
}

// Closes is when the window that is open at the given time closes. Where two openings
// overlap, it is the end of the later one. open is false where it is not open.
func (w *Window) Closes(at time.Time) (end time.Time, open bool) {
	year, month, day := at.In(w.Zone).Date()
	// An opening of an earlier day may still last.
	for back := range int(w.For/(24*time.Hour)) + 2 {
		opens := w.opening(year, month, day-back)
		if w.opensOn(time.Date(year, month, day-back, 12, 0, 0, 0, time.UTC).Weekday()) &&
			!at.Before(opens) && at.Before(opens.Add(w.For)) {
			return opens.Add(w.For).UTC(), true
		}
	}
	return time.Time{}, false
}

// opening is when the window opens on a day. A time that the day has twice is the
// first of the two; one that it does not have is as much later as the clock skipped.
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

// String gives the window as people write it.
func (w *Window) String() string { return fmt.Sprintf("%q %s", w.Signals, w.times()) }

// times is when the window is open.
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

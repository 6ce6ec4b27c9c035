package config

import (
	"fmt"
	"strings"
	"time"
)

// Window is a maintenance window.
type Window struct {
	Signals string
	From    string        // file and line
	Start   time.Duration // from midnight
	For     time.Duration
	Days    []time.Weekday
	Zone    *time.Location
}

// maintenance reads the list of windows.
func (l *loader) maintenance(v value) {
	for _, item := range v.list() {
		w := Window{Zone: time.UTC, From: item.origin()}
		complete := false
		well := item.well(func(v value) { complete = v.opening(&w, fields{"signals": set(&w.Signals, keyPattern)}) })
		if !well {
			continue
		}
		if w.Signals == "" || !complete {
			item.fail("a maintenance window needs signals, start and for")
			continue
		}
		l.config.Maintenance = append(l.config.Maintenance, w)
		l.list(item.path, w.String(), item)
	}
}

// opening reads when a window opens and for how long, and reports whether both are set. known are
// further keys of the mapping.
func (v value) opening(w *Window, known fields) (complete bool) {
	start := time.Duration(-1)
	known["start"], known["for"] = set(&start, timeOfDay), set(&w.For, windowLength)
	known["days"], known["zone"] = setList(&w.Days, weekday), set(&w.Zone, zone)
	v.object(known)
	w.Start = max(0, start)
	return start >= 0 && w.For > 0
}

func timeOfDay(s string) (time.Duration, error) {
	at, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day such as 02:00", s)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func weekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is not a day: mon, tue, wed, thu, fri, sat or sun", s)
}

// maxWindow is the longest window, because windows repeat every day or every week.
const maxWindow = 7 * 24 * time.Hour

func windowLength(s string) (time.Duration, error) {
	d, err := positive(s)
	if err == nil && d > maxWindow {
		err = fmt.Errorf("%q is longer than 7d: to silence signals permanently, use mute below signals", s)
	}
	return d, err
}

// String returns the window as text.
func (w Window) String() string { return w.Signals + " at " + w.opens() }

// opens returns when the window opens, and for how long, as text.
func (w Window) opens() string {
	days := "every day"
	if len(w.Days) > 0 {
		names := make([]string, len(w.Days))
		for i, d := range w.Days {
			names[i] = strings.ToLower(d.String()[:3])
		}
		days = strings.Join(names, ",")
	}
	at := time.Time{}.Add(w.Start).Format("15:04")
	return fmt.Sprintf("%s for %s, %s, %s", at, w.For, days, w.Zone)
}

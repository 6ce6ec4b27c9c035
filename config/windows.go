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
		start := time.Duration(-1)
		well := item.well(func(v value) {
			v.object(fields{
				"signals": set(&w.Signals, keyPattern),
				"start":   set(&start, timeOfDay),
				"for":     set(&w.For, windowLength),
				"days":    setList(&w.Days, weekday),
				"zone":    set(&w.Zone, zone),
			})
		})
		if !well {
			continue
		}
		if w.Signals == "" || start < 0 || w.For == 0 {
			item.fail("a maintenance window needs signals, start and for")
			continue
		}
		w.Start = start
		l.config.Maintenance = append(l.config.Maintenance, w)
		l.list(item.path, w.String(), item)
	}
}

func timeOfDay(s string) (time.Duration, error) {
	at, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day such as 02:00", s)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func weekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day: mon, tue, wed, thu, fri, sat or sun", s)
}

func zone(s string) (*time.Location, error) {
	z, err := time.LoadLocation(s)
	if err != nil || s == "" || strings.EqualFold(s, "local") {
		return nil, fmt.Errorf("%q is no time zone such as Europe/Berlin", s)
	}
	return z, nil
}

// maxWindow is the longest window: it opens anew every day or every week.
const maxWindow = 7 * 24 * time.Hour

func windowLength(s string) (time.Duration, error) {
	d, err := positive(s)
	if err == nil && d > maxWindow {
		err = fmt.Errorf("%q is longer than 7d: to silence signals for good, use mute below signals", s)
	}
	return d, err
}

// String shows the window.
func (w Window) String() string {
	days := "every day"
	if len(w.Days) > 0 {
		names := make([]string, len(w.Days))
		for i, d := range w.Days {
			names[i] = strings.ToLower(d.String()[:3])
		}
		days = strings.Join(names, ",")
	}
	at := time.Time{}.Add(w.Start).Format("15:04")
	return fmt.Sprintf("%s at %s for %s, %s, %s", w.Signals, at, w.For, days, w.Zone)
}

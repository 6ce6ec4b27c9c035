package chart

import (
	"fmt"
	"math"
	"time"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

// columns divides the time into n columns, without holes between neighbouring minutes.
func columns(s history.Series, n int) []history.Column { return bridged(s.Columns(n), s) }

// bridged fills the empty columns between samples of neighbouring minutes. There are such columns
// if there are more columns than minutes.
func bridged(all []history.Column, s history.Series) []history.Column {
	perMinute := int(math.Ceil(float64(len(all)) * float64(time.Minute) / float64(s.To.Sub(s.From))))
	last := -1
	for i := range all {
		if !all[i].Observed {
			continue
		}
		if last >= 0 && i-last > 1 && i-last <= perMinute+1 {
			for j := last + 1; j < i; j++ {
				all[j] = all[last]
			}
		}
		last = i
	}
	return all
}

// valued reports whether there is any value to draw.
func valued(all []history.Column) bool {
	for _, c := range all {
		if !math.IsNaN(c.Value) {
			return true
		}
	}
	return false
}

// clock formats a time for the axis, with the date if the chart is longer than a day.
func clock(at time.Time, s history.Series, zone *time.Location) string {
	if s.To.Sub(s.From) > 24*time.Hour {
		return at.In(zone).Format("2 Jan 15:04")
	}
	return at.In(zone).Format("15:04")
}

// title returns the signal and the time that the chart shows.
func title(s history.Series, zone *time.Location) string {
	name, _ := s.To.In(zone).Zone()
	return fmt.Sprintf("%s, %s to %s %s", s.Key, s.From.In(zone).Format("2006-01-02 15:04"), clock(s.To, s, zone), name)
}

// sparkOver is the time that a sparkline shows.
const sparkOver = 30 * time.Minute

// Spark returns the sparkline of a signal's last half hour, see history.Series.Spark. It is empty
// if the store is nil or the value did not change.
func Spark(store *history.Store, key messages.Key, now time.Time) string {
	if store == nil {
		return ""
	}
	series, _ := store.Series(key, sparkOver, now)
	return series.Spark(Unit(key))
}

// Unit returns the unit of a signal's values with a space before it; empty: none.
func Unit(key messages.Key) string {
	if kind, ok := messages.KindOf(key); ok && kind.Unit != "" {
		return " " + kind.Unit
	}
	return ""
}

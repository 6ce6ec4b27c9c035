package chart

import (
	"fmt"
	"math"
	"time"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

// columns puts the samples into n equal parts of the time, without holes between
// neighbouring minutes.
func columns(s history.Series, n int) []history.Column { return bridged(s.Columns(n), s) }

// bridged fills columns between two samples of neighbouring minutes: with more columns than
// minutes there would be holes in every line.
func bridged(all []history.Column, s history.Series) []history.Column {
	perMinute := int(math.Ceil(float64(len(all)) * float64(time.Minute) / float64(s.To.Sub(s.From))))
	last := -1
	for i := range all {
		if !all[i].Some {
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

// clock is how times stand at the axis: with the date where the chart is longer than a day.
func clock(at time.Time, s history.Series, zone *time.Location) string {
	if s.To.Sub(s.From) > 24*time.Hour {
		return at.In(zone).Format("2 Jan 15:04")
	}
	return at.In(zone).Format("15:04")
}

// title says what the chart shows.
func title(s history.Series, zone *time.Location) string {
	name, _ := s.To.In(zone).Zone()
	return fmt.Sprintf("%s, %s to %s %s", s.Key, s.From.In(zone).Format("2006-01-02 15:04"), clock(s.To, s, zone), name)
}

// sparkOver is the time that a sparkline shows.
const sparkOver = 30 * time.Minute

// Spark is how the value of a signal went lately, as a line of blocks with its unit. It is empty
// where the store is nil, or remembers no change of it.
func Spark(store *history.Store, key messages.Key, now time.Time) string {
	if store == nil {
		return ""
	}
	series, _ := store.Series(key, sparkOver, now)
	return series.Spark(Unit(key))
}

// Unit is the unit of a signal's values, with the blank before it; empty: they have none.
func Unit(key messages.Key) string {
	if kind, ok := messages.KindOf(key); ok && kind.Unit != "" {
		return " " + kind.Unit
	}
	return ""
}

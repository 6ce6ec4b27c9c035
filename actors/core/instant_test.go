package core

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An instant holds a time to the nanosecond, keeps zero as zero, and keeps the order of times that are out of its range.
func TestAnInstantHoldsATime(t *testing.T) {
	if at := instantOf(time.Time{}); !at.IsZero() || !at.time().IsZero() {
		t.Errorf("the zero time became %s", at.time())
	}
	if at := instantOf(time.Unix(0, 0)); at.IsZero() {
		t.Error("the epoch became none")
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) time.Time {
			return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, label), rapid.Int64Range(0, 1e9-1).Draw(t, label)).UTC()
		}
		a, b := draw("a"), draw("b")
		inRange := a.Year() > 1678 && a.Year() < 2261
		if got := instantOf(a).time(); inRange && !got.Equal(a) && !a.Equal(time.Unix(0, 0)) {
			t.Errorf("%s became %s", a, got)
		}
		if a.Before(b) && instantOf(a) > instantOf(b) {
			t.Errorf("%s is before %s, and its instant is not", a, b)
		}
	})
}

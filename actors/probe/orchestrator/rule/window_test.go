package rule

import (
	"testing"
	"time"
)

// A window keeps a bounded number of points, however many are added, and loses no change between
// the points that it keeps.
func TestAWindowIsBounded(t *testing.T) {
	var w window
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		w.add(now, float64(i%7), 15*time.Minute)
		now = now.Add(100 * time.Millisecond)
	}
	if len(w.points) > maxPoints+2 {
		t.Errorf("%d points, want at most %d", len(w.points), maxPoints+2)
	}
	// Each 7 readings rise by 6 and fall by 6, and a fall to 0 adds no rise.
	readings := float64(w.span() / (100 * time.Millisecond))
	if want := readings * 6 / 7; w.rise() < want-6 || w.rise() > want+6 || w.fall() < want-6 || w.fall() > want+6 {
		t.Errorf("rise %v, fall %v over %s; want about %v", w.rise(), w.fall(), w.span(), want)
	}
	if w.span() < 15*time.Minute || w.span() > 15*time.Minute+2*15*time.Minute/maxPoints {
		t.Errorf("the points span %s, want 15m and at most two points more", w.span())
	}
}

package rule

import "time"

// maxPoints is the resolution of a window: it keeps about this many points, however often answers
// come. A window of 15 min at 15 s keeps every reading.
const maxPoints = 240

// window follows the changes of a number over time. Its points are cumulative sums, so dropping
// points between others loses no change.
type window struct {
	points []point // by time; only the first may be older than the window
	last   float64 // the latest value
}

// point is the sum of all changes from the start of the window to a time.
type point struct {
	at   time.Time
	rise float64 // increase of a counter: a value that falls was reset to 0, and counts whole
	fall float64 // sum of all decreases
}

// clear removes all points.
func (w *window) clear() { w.points = w.points[:0] }

// add adds the value at now to a window of the length over.
func (w *window) add(now time.Time, n float64, over time.Duration) {
	p := point{at: now}
	if end := len(w.points) - 1; end >= 0 {
		before := w.points[end]
		p.rise, p.fall = before.rise, before.fall
		switch {
		case n >= w.last:
			p.rise += n - w.last
		default:
			p.rise += max(0, n)
			p.fall += w.last - n
		}
		if end > 0 && before.at.Sub(w.points[end-1].at) < over/maxPoints {
			w.points = w.points[:end]
		}
	}
	w.points, w.last = append(w.points, p), n
	w.forget(now.Add(-over))
}

// forget drops the points at or before start, except the last of them.
func (w *window) forget(start time.Time) {
	drop := 0
	for drop+1 < len(w.points) && !w.points[drop+1].at.After(start) {
		drop++
	}
	if drop > 0 {
		w.points = w.points[:copy(w.points, w.points[drop:])]
	}
}

// span returns the time between the first and the last point.
func (w *window) span() time.Duration {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].at.Sub(w.points[0].at)
}

// rise returns the increase within the span. Unlike in Prometheus, nothing is extrapolated.
func (w *window) rise() float64 {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].rise - w.points[0].rise
}

// fall returns the decrease within the span.
func (w *window) fall() float64 {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].fall - w.points[0].fall
}

package rule

import "time"

// maxPoints is how finely a window is kept: at most this many points, however often
// the answer is read. With 15 min at 15 s every reading is one.
const maxPoints = 240

// window follows a number over some time. It keeps sums and not values, so that
// leaving out points between others loses nothing.
type window struct {
	points []point // by time; the first one is the latest that is not younger than the window
	last   float64 // the latest value
}

// point is what had happened until a time, since the window began.
type point struct {
	at   time.Time
	rise float64 // as of a counter: one that falls began anew at 0, and what it is now is rise
	fall float64 // the sum of all falls
}

// clear forgets everything.
func (w *window) clear() { w.points = w.points[:0] }

// add takes the value of now.
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

// forget drops the points that end before the window begins, but for the last of them.
func (w *window) forget(start time.Time) {
	drop := 0
	for drop+1 < len(w.points) && !w.points[drop+1].at.After(start) {
		drop++
	}
	if drop > 0 {
		w.points = w.points[:copy(w.points, w.points[drop:])]
	}
}

// span is the time that the points cover.
func (w *window) span() time.Duration {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].at.Sub(w.points[0].at)
}

// rise and fall are what happened within the span. Nothing is extrapolated.
func (w *window) rise() float64 {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].rise - w.points[0].rise
}

func (w *window) fall() float64 {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].fall - w.points[0].fall
}

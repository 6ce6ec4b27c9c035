package core

import (
	"cmp"
	"time"
)

// instant is a moment of core time; the zero value is none. Each signal holds eight of them, and a
// time.Time takes three times as much memory. It holds the years 1678 to 2261.
type instant int64

// instantOf converts a time. The zero time stays zero, and a time out of range becomes the
// nearest instant.
func instantOf(t time.Time) instant {
	switch {
	case t.IsZero():
		return 0
	case t.Before(firstInstant.time()):
		return firstInstant
	case t.After(lastInstant.time()):
		return lastInstant
	}
	return cmp.Or(instant(t.UnixNano()), 1) // the epoch, at which a machine without a clock starts, is an instant
}

const (
	firstInstant = instant(-1 << 63)
	lastInstant  = instant(1<<63 - 1)
)

// IsZero reports whether the instant is none.
func (i instant) IsZero() bool { return i == 0 }

// time returns the instant in UTC, and the zero time for none.
func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(i)).UTC()
}

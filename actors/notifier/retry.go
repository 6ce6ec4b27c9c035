package notifier

import (
	"errors"
	"time"
)

// Delays before a retry.
const (
	firstDelay     = time.Second
	longestDelay   = time.Minute
	permanentDelay = 5 * time.Minute
	// longestAsked is the longest pause that the other side may ask for. More is a mistake, and
	// a retry that is too early is only refused again.
	longestAsked = 24 * time.Hour
)

// retryIn returns the delay after the given number of failures in a row. The delay doubles from
// 1 s to 60 s. chance, from 0 to 1, shortens it by up to half, so that many watchdogs do not
// retry at the same moment. A pause that the other side asked for takes precedence.
func retryIn(failures int, err error, chance float64) time.Duration {
	switch f := failureOf(err); {
	case f.RetryAfter > 0:
		return min(f.RetryAfter, longestAsked)
	case f.Permanent:
		return permanentDelay
	}
	delay := longestDelay
	if shift := failures - 1; shift < 6 {
		delay = min(firstDelay<<max(0, shift), longestDelay)
	}
	return max(firstDelay, delay-time.Duration(chance*float64(delay)/2))
}

// failureOf returns the Failure in err; the zero Failure if there is none.
func failureOf(err error) Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return *f
	}
	return Failure{}
}

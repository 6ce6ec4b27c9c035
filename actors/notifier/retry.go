package notifier

import (
	"errors"
	"time"
)

// Delays of the contract, section 3 "Delivery".
const (
	firstDelay     = time.Second
	longestDelay   = time.Minute
	permanentDelay = 5 * time.Minute
	// longestAsked bounds the pause that the other side may ask for: a pause of a year is
	// a mistake, and a request that comes too soon is refused again.
	longestAsked = 24 * time.Hour
)

// retryIn is how long to wait after the given number of failures in a row. The delay
// doubles from 1 s to 60 s; chance, from 0 to 1, takes up to half of it away, so that
// many watchdogs do not come back at once. What the other side asked for wins.
func retryIn(failures int, err error, chance float64) time.Duration {
	var f *Failure
	if errors.As(err, &f) {
		if f.RetryAfter > 0 {
			return min(f.RetryAfter, longestAsked)
		}
		if f.Permanent {
			return permanentDelay
		}
	}
	delay := longestDelay
	if shift := failures - 1; shift < 6 {
		delay = min(firstDelay<<max(0, shift), longestDelay)
	}
	return max(firstDelay, delay-time.Duration(chance*float64(delay)/2))
}

// isPermanent tells whether the other side refuses for good.
func isPermanent(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Permanent
}

// isFirm tells whether the delay is the other side's word.
func isFirm(err error) bool {
	var f *Failure
	return errors.As(err, &f) && (f.RetryAfter > 0 || f.Permanent)
}

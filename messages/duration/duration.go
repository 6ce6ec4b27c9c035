// Package duration parses and formats durations for people. It imports only the standard
// library.
package duration

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxDays is the limit on a duration in days, well below what a time.Duration can hold.
const MaxDays = 36500

// Parse parses a Go duration, or a number of days such as 14d. Negative durations are errors.
func Parse(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n-n != 0 || n < 0 || n > MaxDays { // n-n is NaN for NaN and infinities
			return 0, fmt.Errorf("%q is not a number of days from 0d to %dd", s, MaxDays)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 30s, 5m, 1h30m or 14d", s)
	case d < 0:
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

// Words formats a duration in its two largest units, as 1h 30m. A negative one counts as 0.
func Words(d time.Duration) string {
	d = max(0, d)
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, h)
	case h > 0:
		return fmt.Sprintf("%dh %dm", h, m)
	case m > 0:
		return fmt.Sprintf("%dm %ds", m, s)
	}
	return fmt.Sprintf("%ds", s)
}

// Package duration reads and writes durations as people do. It imports the standard library
// alone.
package duration

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxDays bounds a duration in days well below what a time.Duration can hold.
const MaxDays = 36500

// Parse reads a Go duration, or days as 14d. It is not negative.
func Parse(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n-n != 0 || n < 0 || n > MaxDays { // n-n: of no finite number it is not 0
			return 0, fmt.Errorf("%q is no number of days from 0d to %dd", s, MaxDays)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no duration such as 30s, 5m, 1h30m or 14d", s)
	case d < 0:
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

// Words shows a duration as people say it: its two greatest units.
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

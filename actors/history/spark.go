package history

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// blocks are the steps of a sparkline.
var blocks = []rune("▁▂▃▄▅▆▇█")

// sparkColumns is the greatest width of a sparkline, in characters.
const sparkColumns = 12

// Spark returns the values as a line of blocks, with the length of the time and the first and last
// value: `▁▁▂▃▅▇█ 30 min: 61 → 97 %`. A time without values is a space. It is empty if the
// value did not change.
func (s Series) Spark(unit string) string {
	columns := s.Columns(sparkColumns)
	low, high := math.Inf(1), math.Inf(-1)
	first, last := math.NaN(), math.NaN()
	n := 0
	for _, c := range columns {
		v := c.Value
		if math.IsNaN(v) {
			continue
		}
		if n++; n == 1 {
			first = v
		}
		last, low, high = v, min(low, v), max(high, v)
	}
	if n < 2 || high == low {
		return ""
	}
	var b strings.Builder
	for _, c := range columns {
		if math.IsNaN(c.Value) {
			b.WriteRune(' ')
			continue
		}
		b.WriteRune(blocks[int((c.Value-low)/(high-low)*float64(len(blocks)-1)+0.5)])
	}
	return fmt.Sprintf("%s %s: %s → %s%s", strings.Trim(b.String(), " "), span(s.known()), Number(first), Number(last), unit)
}

// known returns the length of the time since the first value, in whole minutes. It is shorter than
// the series if the watchdog has just started.
func (s Series) known() time.Duration {
	over := s.To.Sub(s.From)
	for _, sample := range s.Samples {
		if sample.Valued {
			return min(over, max(time.Minute, (s.To.Sub(sample.At)+time.Minute-1).Truncate(time.Minute)))
		}
	}
	return over
}

// span formats the length of a sparkline's time.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d min", d/time.Minute)
}

// Number formats a value with three significant digits; integers and values above 1000 without
// decimals.
func Number(v float64) string {
	if math.Abs(v) >= 1000 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

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

// sparkColumns is how wide a sparkline is at most.
const sparkColumns = 12

// Spark draws the values as a line of blocks, with the time and the range:
// `▁▁▂▃▅▇█ 30 min: 61 → 97 %`. A time without values is a blank. It is empty where the
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

// known is the part of the time from the first value on, in whole minutes: a watchdog that has
// just started knows less than it is asked for.
func (s Series) known() time.Duration {
	over := s.To.Sub(s.From)
	for _, sample := range s.Samples {
		if sample.Valued {
			return min(over, max(time.Minute, (s.To.Sub(sample.At)+time.Minute-1).Truncate(time.Minute)))
		}
	}
	return over
}

func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d min", d/time.Minute)
}

// Number writes a value with three digits that matter.
func Number(v float64) string {
	if math.Abs(v) >= 1000 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

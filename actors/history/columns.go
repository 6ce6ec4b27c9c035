package history

import (
	"math"

	"orchestrator-watchdog/messages"
)

// Column summarizes one part of the time.
type Column struct {
	Value    float64        // the greatest; NaN: none
	Level    messages.Level // the worst
	Observed bool           // something was observed
}

// Columns divides the time of the series into n equal parts.
func (s Series) Columns(n int) []Column {
	all := make([]Column, n)
	for i := range all {
		all[i] = Column{Value: math.NaN(), Level: messages.Unknown}
	}
	width := s.To.Sub(s.From)
	if width <= 0 {
		return all
	}
	for _, sample := range s.Samples {
		c := &all[min(n-1, max(0, int(float64(n)*float64(sample.At.Sub(s.From))/float64(width))))]
		c.Observed, c.Level = true, max(c.Level, sample.Level)
		if sample.Valued && (math.IsNaN(c.Value) || sample.Max > c.Value) {
			c.Value = sample.Max
		}
	}
	return all
}

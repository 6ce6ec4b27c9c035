package chart

import (
	"math"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

// Screen describes the terminal, in characters.
type Screen struct {
	Width, Height int
	Colour        bool
}

const (
	axisWidth  = 14 // the columns of the axis with its values
	minColumns = 20
	minRows    = 5
)

// Text draws the values and the threshold as lines. A signal without values is a band of its
// levels.
func Text(s history.Series, screen Screen, zone *time.Location) string {
	n := max(minColumns, screen.Width-axisWidth)
	all := columns(s, n)
	if !valued(all) {
		return band(s, all, zone)
	}
	unit := Unit(s.Key)
	options := []asciigraph.Option{
		asciigraph.Height(max(minRows, screen.Height-6)),
		asciigraph.Caption(title(s, zone)),
		asciigraph.YAxisValueFormatter(func(v float64) string { return history.Number(v) + unit }),
		asciigraph.XAxisRange(float64(s.From.Unix()), float64(s.To.Unix())),
		asciigraph.XAxisTickCount(max(2, n/16)),
		asciigraph.XAxisValueFormatter(func(v float64) string { return clock(time.Unix(int64(v), 0), s, zone) }),
	}
	lines := [][]float64{values(all)}
	if s.Bounded && worthDrawing(s.Bound, all) {
		lines = append(lines, constant(s.Bound, n))
	}
	if screen.Colour {
		options = append(options, asciigraph.SeriesColors(asciigraph.Default, asciigraph.Red))
	}
	text := asciigraph.PlotMany(lines, options...) + "\n"
	if s.Threshold != "" {
		text += "threshold: " + s.Threshold + "\n"
	}
	return text
}

func values(all []history.Column) []float64 {
	line := make([]float64, len(all))
	for i, c := range all {
		line[i] = c.Value
	}
	return line
}

func constant(v float64, n int) []float64 {
	line := make([]float64, n)
	for i := range line {
		line[i] = v
	}
	return line
}

// worthDrawing reports whether a threshold is near the values. One far away would flatten their
// line.
func worthDrawing(v float64, all []history.Column) bool {
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range all {
		if !math.IsNaN(c.Value) {
			low, high = min(low, c.Value), max(high, c.Value)
		}
	}
	return v <= max(high, high*3, 1e-9) && v >= min(low, low-2*(high-low), 0)
}

// marks are the characters of the levels in a band.
var marks = map[messages.Level]string{messages.OK: "▁", messages.Warning: "▄", messages.Critical: "█", messages.Unknown: "?"}

// band draws levels.
func band(s history.Series, all []history.Column, zone *time.Location) string {
	var b strings.Builder
	for _, c := range all {
		if !c.Observed {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(marks[c.Level])
	}
	from, to := clock(s.From, s, zone), clock(s.To, s, zone)
	axis := from + strings.Repeat(" ", max(1, len(all)-len(from)-len(to))) + to
	return b.String() + "\n" + axis + "\n" + title(s, zone) + "\n▁ ok  ▄ warning  █ critical  ? no data\n"
}

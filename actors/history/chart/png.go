package chart

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-analyze/charts"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

const (
	// The size in pixels: a phone shows all of it without scrolling.
	pictureWidth  = 900
	pictureHeight = 500
	// points is how many points a line has.
	points = 240
	// Font sizes: a phone shows the picture at half its size or less.
	titleSize = 26
	labelSize = 20
	// maxTitle is how many characters of a signal's key fit into the title.
	maxTitle = 56
	// bandWidth is the height of the band of levels, in pixels.
	bandWidth = 44
)

// colours are the colours of the levels. They differ on white and on dark, and for people with
// red-green color blindness.
var colours = map[messages.Level]charts.Color{
	messages.OK: charts.ColorRGB(0x2a, 0x9d, 0x8f), messages.Warning: charts.ColorRGB(0xe9, 0xa0, 0x1f),
	messages.Critical: charts.ColorRGB(0xd6, 0x28, 0x28), messages.Unknown: charts.ColorRGB(0x9a, 0x9a, 0x9a),
}

var thresholdColour = charts.ColorRGB(0x6c, 0x6c, 0x8a)

// drawnLevels are the levels in the order in which they are drawn: the worst is on top.
var drawnLevels = []messages.Level{messages.Unknown, messages.OK, messages.Warning, messages.Critical}

// PNG draws the history as a picture in PNG format. The line has the colour of the level. A signal
// without values is a band of its levels. It returns an error if there is nothing to draw.
func PNG(s history.Series, zone *time.Location) ([]byte, error) {
	all := columns(s, points)
	unit, format := Unit(s.Key), history.Number
	hasValues := valued(all)
	if !hasValues {
		for i := range all {
			if all[i].Observed && all[i].Level >= messages.OK {
				all[i].Value = float64(all[i].Level)
			}
		}
		unit, format = "", levelName
	}
	var lines [][]float64
	var palette []charts.Color
	for _, level := range drawnLevels {
		if line, some := lineOf(all, level); some {
			if !hasValues {
				straighten(line, float64(level))
			}
			lines, palette = append(lines, line), append(palette, colours[level])
		}
	}
	if s.Bounded && hasValues && worthDrawing(s.Bound, all) {
		lines, palette = append(lines, dashed(constant(s.Bound, points))), append(palette, thresholdColour)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("there is nothing to draw of %s in this time", s.Key)
	}
	option := charts.NewLineChartOptionWithData(lines)
	option.Theme = charts.GetTheme(charts.ThemeLight).WithSeriesColors(palette)
	option.Padding = charts.NewBoxEqual(20)
	option.Title = charts.TitleOption{Text: shortened(string(s.Key)), FontStyle: charts.FontStyle{FontSize: titleSize}, Subtext: "\u00a0", SubtextFontStyle: charts.FontStyle{FontSize: 8}}
	option.Legend.Show = new(false)
	option.Symbol.Shape = charts.SymbolNone
	option.LineStrokeWidth = 4
	option.XAxis.Labels = labels(s, zone)
	option.XAxis.LabelCount = points
	option.XAxis.LabelFontStyle.FontSize = labelSize
	option.XAxis.Title, option.XAxis.TitleFontStyle.FontSize = subtitle(s, zone), labelSize
	option.YAxis[0].LabelFontStyle.FontSize = labelSize
	option.YAxis[0].ValueFormatter = func(v float64) string { return format(v) + unit }
	if !hasValues {
		option.YAxis[0].Min, option.YAxis[0].Max, option.YAxis[0].LabelCount = new(-1.0), new(3.0), 5
		option.LineStrokeWidth = bandWidth
	}
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: pictureWidth, Height: pictureHeight})
	if err := painter.LineChart(option); err != nil {
		return nil, fmt.Errorf("drawing the chart of %s: %w", s.Key, err)
	}
	return painter.Bytes()
}

func levelName(v float64) string {
	if v == math.Trunc(v) && v >= 0 && v <= 2 {
		return messages.Level(v).String()
	}
	return ""
}

// lineOf returns the parts of the line at which the signal had the level. Each part includes the
// next point, so that parts of different colours meet. some is false if there are none.
func lineOf(all []history.Column, level messages.Level) (line []float64, some bool) {
	line = make([]float64, len(all))
	for i, c := range all {
		line[i] = charts.GetNullValue()
		if math.IsNaN(c.Value) {
			continue
		}
		if c.Level == level || i > 0 && all[i-1].Level == level && !math.IsNaN(all[i-1].Value) {
			line[i], some = c.Value, some || c.Level == level
		}
	}
	return line, some
}

// straighten sets all points of a band to its height. The point after it has another.
func straighten(line []float64, height float64) {
	for i := range line {
		if line[i] != charts.GetNullValue() {
			line[i] = height
		}
	}
}

// dashed removes points from the line in place, and returns it.
func dashed(line []float64) []float64 {
	for i := range line {
		if i%6 > 3 {
			line[i] = charts.GetNullValue()
		}
	}
	return line
}

func shortened(key string) string {
	if runes := []rune(key); len(runes) > maxTitle {
		return string(runes[:maxTitle]) + "…"
	}
	return key
}

// subtitle returns the time that the picture shows, and the threshold.
func subtitle(s history.Series, zone *time.Location) string {
	name, _ := s.To.In(zone).Zone()
	text := fmt.Sprintf("%s to %s %s", s.From.In(zone).Format("2006-01-02 15:04"), clock(s.To, s, zone), name)
	if s.Threshold != "" {
		text += "; threshold " + s.Threshold
	}
	return text
}

// steps are the possible distances between the labels of the axis.
var steps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
}

// maxLabels is how many labels fit onto the axis.
const maxLabels = 7

// labels returns the label of each point: a round time of the zone, or "".
func labels(s history.Series, zone *time.Location) []string {
	all := make([]string, points)
	over := s.To.Sub(s.From)
	step := steps[len(steps)-1]
	for _, other := range slices.Backward(steps) {
		if over/other < maxLabels {
			step = other
		}
	}
	_, offset := s.To.In(zone).Zone()
	shift := time.Duration(offset) * time.Second
	for at := s.From.Add(shift).Truncate(step).Add(step - shift); at.Before(s.To); at = at.Add(step) {
		// A label at the edge would be cut off.
		if i := int(at.Sub(s.From) * points / over); i >= points/40 && i < points-points/40 {
			all[i] = clock(at, s, zone)
		}
	}
	return all
}

package chart

import (
	"fmt"
	"math"
	"time"

	"github.com/go-analyze/charts"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

// Size of a picture, in pixels: what a phone shows without scrolling.
const (
	pictureWidth  = 900
	pictureHeight = 500
	// points are how many parts of the time a picture shows.
	points = 240
)

// colours of the levels: such as can be told apart on white and on dark, and by people who
// don't see red and green.
var colours = map[messages.Level]charts.Color{
	messages.OK: charts.ColorRGB(0x2a, 0x9d, 0x8f), messages.Warning: charts.ColorRGB(0xe9, 0xa0, 0x1f),
	messages.Critical: charts.ColorRGB(0xd6, 0x28, 0x28), messages.Unknown: charts.ColorRGB(0x9a, 0x9a, 0x9a),
}

var thresholdColour = charts.ColorRGB(0x6c, 0x6c, 0x8a)

// drawnLevels in the order in which their lines are drawn: the worst on top.
var drawnLevels = []messages.Level{messages.Unknown, messages.OK, messages.Warning, messages.Critical}

// PNG draws the history as a picture: the line has the colour of the level. A signal without
// values shows its levels as steps.
func PNG(s history.Series, zone *time.Location) ([]byte, error) {
	all := columns(s, points)
	unit, format := Unit(s.Key), history.Number
	hasValues := valued(all)
	if !hasValues {
		for i := range all {
			if all[i].Some && all[i].Level >= messages.OK {
				all[i].Value = float64(all[i].Level)
			}
		}
		unit, format = "", levelName
	}
	var lines [][]float64
	var palette []charts.Color
	for _, level := range drawnLevels {
		if line, some := lineOf(all, level); some {
			lines, palette = append(lines, line), append(palette, colours[level])
		}
	}
	subtitle := ""
	if s.Bounded && hasValues && worthDrawing(s.Bound, all) {
		lines, palette = append(lines, constant(s.Bound, points)), append(palette, thresholdColour)
	}
	if s.Threshold != "" {
		subtitle = "threshold " + s.Threshold
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("there is nothing to draw of %s in this time", s.Key)
	}
	option := charts.NewLineChartOptionWithData(lines)
	option.Theme = charts.GetTheme(charts.ThemeLight).WithSeriesColors(palette)
	option.Padding = charts.NewBoxEqual(20)
	option.Title = charts.TitleOption{Text: title(s, zone), Subtext: subtitle, FontStyle: charts.FontStyle{FontSize: 18}, SubtextFontStyle: charts.FontStyle{FontSize: 13}}
	option.Legend.Show = charts.Ptr(false)
	option.Symbol.Shape = charts.SymbolNone
	option.LineStrokeWidth = 2.5
	option.XAxis.Labels = labels(s, zone)
	option.XAxis.LabelCount = 7
	option.XAxis.LabelFontStyle.FontSize = 13
	option.YAxis[0].LabelFontStyle.FontSize = 13
	option.YAxis[0].ValueFormatter = func(v float64) string { return format(v) + unit }
	if !hasValues {
		option.YAxis[0].Min, option.YAxis[0].Max, option.YAxis[0].LabelCount = charts.Ptr(0.0), charts.Ptr(2.0), 3
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

// lineOf is the part of the line at which the signal had the level, with the point behind it, so
// that parts of different colours meet.
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

func labels(s history.Series, zone *time.Location) []string {
	all := make([]string, points)
	for i := range all {
		all[i] = clock(s.From.Add(s.To.Sub(s.From)*time.Duration(i)/points), s, zone)
	}
	return all
}

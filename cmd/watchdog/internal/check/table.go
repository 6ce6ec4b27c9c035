package check

import (
	"math"
	"strconv"
	"strings"

	"orchestrator-watchdog/cmd/watchdog/internal/terminal"
)

const (
	gap = "  " // between columns
	// roomForDetail is the number of columns that a detail of several lines needs to be placed
	// beside its row; otherwise it is placed below.
	roomForDetail = 40
	minThreshold  = 8 // columns, however narrow the screen is
)

// row is a finding as text.
type row struct{ key, state, value, threshold, detail string }

var header = row{"SIGNAL", "LEVEL", "VALUE", "THRESHOLD", "DETAIL"}

// styles are the styles of the states.
var styles = map[string]terminal.Style{
	"critical": terminal.BoldRed, "warning": terminal.Yellow, "unknown": terminal.Magenta, pending: terminal.Cyan, "ok": terminal.Green,
}

// layout holds the widths of the columns.
type layout struct {
	terminal.Screen
	key, state, value, threshold int
}

// Table lays the findings out for people, the most severe first, followed by the notes and a
// count. Every line fits the screen: longer text is wrapped.
func (r *Result) Table(s terminal.Screen) string {
	var b strings.Builder
	b.WriteString(Rows(r.Findings, s))
	for _, n := range r.Notes {
		b.WriteString(terminal.Indented("- ", "  ", terminal.Printable(n.Text), s.Width()))
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(terminal.Indented("", "", r.summary(), s.Width()))
	return b.String()
}

// Rows lays findings out as a table followed by an empty line, or returns an empty string for none.
func Rows(findings []Finding, s terminal.Screen) string {
	if len(findings) == 0 {
		return ""
	}
	var b strings.Builder
	rows := []row{header}
	for i := range findings {
		rows = append(rows, findings[i].row())
	}
	l := newLayout(s, rows)
	for _, one := range rows {
		l.write(&b, one)
	}
	b.WriteString("\n")
	return b.String()
}

func (f *Finding) row() row {
	r := row{key: terminal.Printable(string(f.Signal)), state: f.state(), threshold: terminal.Printable(f.Threshold), detail: terminal.Printable(f.Detail)}
	if n, ok := f.number(); ok {
		r.value = numberText(n)
	}
	return r
}

// numberText formats whole numbers in full, and others with four digits.
func numberText(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e9 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}

// newLayout gives each column the width it needs. A key wider than nearly half the screen
// gets a line of its own, and the thresholds, which can wrap, get the rest.
func newLayout(s terminal.Screen, rows []row) layout {
	l := layout{Screen: s}
	for _, r := range rows {
		if n := terminal.Columns(r.key); n <= s.Width()*9/20 {
			l.key = max(l.key, n)
		}
		l.state, l.value, l.threshold = max(l.state, terminal.Columns(r.state)), max(l.value, terminal.Columns(r.value)), max(l.threshold, terminal.Columns(r.threshold))
	}
	left := s.Width() - l.key - l.state - l.value - 3*len(gap)
	l.threshold = min(l.threshold, max(left, minThreshold))
	return l
}

// write writes a row, with its detail beside or below it.
func (l layout) write(b *strings.Builder, r row) {
	room := l.Width() - (l.key + l.state + l.value + l.threshold + 4*len(gap))
	beside := room >= roomForDetail || terminal.Columns(r.detail) <= room
	if terminal.Columns(r.key) > l.key {
		b.WriteString(terminal.Indented("", "", r.key, l.Width()))
		r.key = ""
	}
	thresholds, details := terminal.Wrap(r.threshold, l.threshold), []string{}
	if beside {
		details = terminal.Wrap(r.detail, room)
	}
	for i := range max(1, len(thresholds), len(details)) {
		cells := row{threshold: at(thresholds, i), detail: at(details, i)}
		if i == 0 {
			cells.key, cells.state, cells.value = r.key, r.state, r.value
		}
		b.WriteString(l.line(cells) + "\n")
	}
	if !beside && r != header {
		b.WriteString(terminal.Indented(gap, gap, r.detail, l.Width()))
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// line joins cells that fit their columns.
func (l layout) line(r row) string {
	line := terminal.Padded(r.key, l.key) + gap + terminal.Padded(r.state, l.state) + gap + terminal.Padded(r.value, l.value) + gap + terminal.Padded(r.threshold, l.threshold) + gap + r.detail
	line = strings.TrimRight(line, " ")
	if r.state == "" {
		return line
	}
	// Styled after padding, because colours take no columns.
	before := len(terminal.Padded(r.key, l.key) + gap)
	return line[:before] + l.Styled(styles[r.state], r.state) + line[before+len(r.state):]
}

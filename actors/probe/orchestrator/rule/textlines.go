package rule

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// chunkBytes is how much text the parser gets at a time. It bounds the memory, since a parsed
// sample takes a hundred times the memory of a short line.
const chunkBytes = 64 << 10

// lineFilter splits a text into chunks for the parser. A chunk contains only lines that may match
// a selector; of other lines it checks only that they are samples.
type lineFilter struct {
	*sampler
	openMetrics bool
	line        int    // number of the next line
	samples     int    // lines that are samples
	chunk       []byte // whole lines; other lines are empty, so that the parser's line numbers are right
}

// next makes a chunk of the start of a text, and returns the rest. It drops comments: without a
// TYPE the parser keeps the samples of a histogram under their own names.
func (a *lineFilter) next(body []byte) (rest []byte, err error) {
	a.chunk = a.chunk[:0]
	for len(body) > 0 && len(a.chunk) < chunkBytes {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte("\n"))
		if line = bytes.Trim(line, " \t\r"); len(line) > 0 && line[0] != '#' {
			if err := a.take(line); err != nil {
				return nil, err
			}
		}
		a.chunk = append(a.chunk, '\n')
		a.line++
	}
	return body, nil
}

func (a *lineFilter) take(line []byte) error {
	head, tail := cutHead(line)
	figure, more := cutWord(tail)
	if !a.isSample(head, figure, more) {
		return fmt.Errorf("the Prometheus text is wrong in line %d: %q is not a sample", a.line, shortened(string(line), 80))
	}
	a.samples++
	switch {
	case !a.asked(head):
	case a.openMetrics: // the parser does not know its fractional timestamps and exemplars
		a.chunk = append(append(append(a.chunk, head...), ' '), figure...)
	default:
		a.chunk = append(a.chunk, line...)
	}
	return nil
}

// cutHead splits a line after a sample's name and labels. The tail is empty if they do not end.
func cutHead(line []byte) (head, tail []byte) {
	quoted, braces := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			braces = true
		case c == '}':
			return line[:i+1], line[i+1:]
		case (c == ' ' || c == '\t') && !braces:
			if rest := bytes.TrimLeft(line[i:], " \t"); len(rest) == 0 || rest[0] != '{' {
				return line[:i], rest
			}
		}
	}
	return line, nil
}

func cutWord(text []byte) (word, rest []byte) {
	text = bytes.TrimLeft(text, " \t")
	end := bytes.IndexAny(text, " \t")
	if end < 0 {
		return text, nil
	}
	return text[:end], bytes.TrimLeft(text[end:], " \t")
}

func (a *lineFilter) isSample(head, figure, more []byte) bool {
	if name := nameOf(head); len(name) > 0 && !isMetricName(string(name)) {
		return false
	}
	if _, err := strconv.ParseFloat(string(figure), 64); err != nil {
		return false
	}
	if a.openMetrics || len(more) == 0 {
		return true
	}
	_, err := strconv.ParseInt(string(more), 10, 64)
	return err == nil
}

// nameOf returns the metric name before the braces; empty if the name is in quotes inside them.
func nameOf(head []byte) []byte {
	if i := bytes.IndexByte(head, '{'); i >= 0 {
		head = head[:i]
	}
	return bytes.TrimRight(head, " \t")
}

// asked reports whether a sample may match a selector: the name matches, and its head contains the
// values of all labels.
func (a *lineFilter) asked(head []byte) bool {
	name := nameOf(head)
	return len(name) == 0 || slices.ContainsFunc(a.byName[string(name)], func(w wanted) bool {
		return !slices.ContainsFunc(w.quoted, func(q []byte) bool { return !bytes.Contains(head, q) })
	})
}

package rule

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// chunkBytes is how much text the parser gets at a time, so that memory is bounded by
// it and not by the answer: a parsed sample takes a hundred times the room of a short line.
const chunkBytes = 64 << 10

// askedLines cuts a text into chunks for the parser, in which only the lines stand that
// may hold what a rule asks for. Of all others it looks whether they are samples at all.
type askedLines struct {
	*sampler
	openMetrics bool
	line        int    // the number of the next line
	samples     int    // lines that are samples
	chunk       []byte // whole lines; those that nobody asks for are empty, which keeps the parser's count
}

// next makes a chunk of the start of a text, and gives the rest. Comments are left out:
// without its TYPE the parser takes a histogram's samples by their own names.
func (a *askedLines) next(body []byte) (rest []byte, err error) {
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

func (a *askedLines) take(line []byte) error {
	head, tail := cutHead(line)
	figure, more := cutWord(tail)
	if !a.isSample(head, figure, more) {
		return fmt.Errorf("the Prometheus text is wrong in line %d: %q is no sample", a.line, shortened(string(line), 80))
	}
	a.samples++
	switch {
	case !a.asked(head):
	case a.openMetrics: // whose fractional timestamps and exemplars the parser does not know
		a.chunk = append(append(append(a.chunk, head...), ' '), figure...)
	default:
		a.chunk = append(a.chunk, line...)
	}
	return nil
}

// cutHead takes a sample's name and labels; the tail is empty where they do not end.
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

func (a *askedLines) isSample(head, figure, more []byte) bool {
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

// nameOf is empty where the name stands in quotes inside the braces.
func nameOf(head []byte) []byte {
	if i := bytes.IndexByte(head, '{'); i >= 0 {
		head = head[:i]
	}
	return bytes.TrimRight(head, " \t")
}

// asked tells whether a sample may be one of those that rules want: its name is, and
// the values of all labels stand somewhere in its head.
func (a *askedLines) asked(head []byte) bool {
	name := nameOf(head)
	return len(name) == 0 || slices.ContainsFunc(a.byName[string(name)], func(w wanted) bool {
		return !slices.ContainsFunc(w.quoted, func(q []byte) bool { return !bytes.Contains(head, q) })
	})
}

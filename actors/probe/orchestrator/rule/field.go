package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxFieldBytes = 1000
	maxSteps      = 32 // in a path
)

// Field names one value of an answer: a path in JSON, a sample in Prometheus text, or both, as
// the name "up".
type Field struct {
	text   string
	path   []string  // nil: not a path
	sample *selector // nil: not a sample
}

// selector matches the Prometheus samples of one name that have all the labels.
type selector struct {
	name   string
	labels []label // sorted by name
}

type label struct{ name, value string }

// parseField parses a field in the syntax of rules: queue.depth, workers.0.id,
// queues."mail.high".depth, airflow_pool_open_slots{pool="default"}.
func parseField(text string) (Field, error) {
	f := Field{text: strings.TrimSpace(text)}
	switch {
	case f.text == "":
		return Field{}, errors.New("it is empty: name a value of the envelope, such as queue.depth")
	case len(f.text) > maxFieldBytes:
		return Field{}, fmt.Errorf("it is longer than %d bytes", maxFieldBytes)
	case !utf8.ValidString(f.text) || strings.ContainsFunc(f.text, unicode.IsControl):
		return Field{}, errors.New("it contains control characters or is not UTF-8")
	}
	var err error
	if strings.Contains(f.text, "{") && !strings.HasPrefix(f.text, `"`) {
		f.sample, err = parseSelector(f.text)
		return f, err
	}
	if f.path, err = parsePath(f.text); err != nil {
		return Field{}, err
	}
	if len(f.path) == 1 && isMetricName(f.path[0]) {
		f.sample = &selector{name: f.path[0]}
	}
	return f, nil
}

// Path returns the field at a path in JSON.
func Path(steps ...string) Field { return Field{text: strings.Join(steps, "."), path: steps} }

// parsePath splits a path at the dots outside of quotes. [3] is the same as .3.
func parsePath(text string) ([]string, error) {
	var path []string
	for rest := text; ; {
		step, after, err := cutStep(rest)
		if err != nil {
			return nil, err
		}
		if path = append(path, step); len(path) > maxSteps {
			return nil, fmt.Errorf("it has more than %d steps", maxSteps)
		}
		switch {
		case after == "":
			return path, nil
		case after[0] == '[':
			rest = after
		case after[0] == '.':
			rest = after[1:]
		default:
			return nil, fmt.Errorf("%q is followed by %q instead of a dot", step, after)
		}
	}
}

// cutStep cuts the first step off a path.
func cutStep(text string) (step, after string, err error) {
	switch {
	case strings.HasPrefix(text, `"`):
		return cutQuoted(text)
	case strings.HasPrefix(text, "["):
		index, after, closed := strings.Cut(text[1:], "]")
		if !closed || !isIndex(index) {
			return "", "", fmt.Errorf("%q is not a list index such as [0]", text)
		}
		return index, after, nil
	}
	end := strings.IndexAny(text, `.["]{}`)
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return "", "", errors.New("a step of the path is empty; a key that contains dots must be in quotes")
	}
	return text[:end], text[end:], nil
}

func isIndex(s string) bool {
	n, err := strconv.ParseUint(s, 10, 31)
	return err == nil && strconv.FormatUint(n, 10) == s
}

// cutQuoted cuts a string in double quotes off the start of a text.
func cutQuoted(text string) (value, after string, err error) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil || quoted[0] != '"' {
		return "", "", fmt.Errorf("%q is not a text in double quotes", text)
	}
	value, err = strconv.Unquote(quoted)
	return value, text[len(quoted):], err
}

// parseSelector parses name{label="value",…} as in Prometheus. The name may also be the first
// item in the braces, in quotes.
func parseSelector(text string) (*selector, error) {
	name, rest, _ := strings.Cut(text, "{")
	s := &selector{name: strings.TrimSpace(name)}
	for rest = strings.TrimSpace(rest); !strings.HasPrefix(rest, "}"); {
		var err error
		if rest, err = s.cutLabel(rest); err != nil {
			return nil, err
		}
		if after, more := strings.CutPrefix(rest, ","); more {
			rest = strings.TrimSpace(after)
		} else if !strings.HasPrefix(rest, "}") {
			return nil, errors.New("its labels end without }, or lack a comma between them")
		}
	}
	if strings.TrimSpace(rest) != "}" {
		return nil, fmt.Errorf("its labels are followed by %q", rest[1:])
	}
	if s.name == "" {
		return nil, errors.New("it names no metric before {")
	}
	slices.SortFunc(s.labels, func(a, b label) int { return strings.Compare(a.name, b.name) })
	return s, nil
}

// cutLabel cuts one label="value", or the metric's name in quotes, off the start of a text.
func (s *selector) cutLabel(text string) (after string, err error) {
	if strings.HasPrefix(text, `"`) && s.name == "" {
		s.name, after, err = cutQuoted(text)
		return strings.TrimSpace(after), err
	}
	name, value, found := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	if !found || !isMetricName(name) || strings.Contains(name, ":") {
		return "", fmt.Errorf(`%q is not a label such as pool="default"; only = is supported`, text)
	}
	if slices.ContainsFunc(s.labels, func(l label) bool { return l.name == name }) {
		return "", fmt.Errorf("the label %s is set twice", name)
	}
	value, after, err = cutQuoted(strings.TrimSpace(value))
	s.labels = append(s.labels, label{name, value})
	return strings.TrimSpace(after), err
}

// isMetricName reports whether Prometheus accepts the name without quotes.
func isMetricName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r == ':' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

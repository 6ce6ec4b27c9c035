package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/messages/duration"
)

// comparison is what a value is held against, such as "> 900".
type comparison struct {
	op      string
	operand operand
}

// operand is the right side of a comparison.
type operand struct {
	type_  operandType
	number float64 // also a duration and a timestamp, in seconds; of a boolean 1 or 0
	text   string
	source string // as the rule spells it
}

type operandType uint8

const (
	asNumber operandType = iota
	asDuration
	asTimestamp
	asBoolean
	asText
)

var operandNames = [...]string{"a number", "a duration", "a timestamp", "a boolean", "a string"}

func (t operandType) String() string { return operandNames[t] }

// ordered tells whether < and > have a meaning.
func (t operandType) ordered() bool { return t <= asTimestamp }

// operators, in the order in which they are looked for.
var operators = []string{">=", "<=", "==", "!=", ">", "<"}

func (c comparison) String() string { return c.op + " " + c.operand.source }

// parseComparison reads "> 900", "<= 15m", `!= "idle"`, "== true", "< 2026-01-01T00:00:00Z".
func parseComparison(s string) (*comparison, error) {
	s = strings.TrimSpace(s)
	i := slices.IndexFunc(operators, func(op string) bool { return strings.HasPrefix(s, op) })
	if i < 0 {
		return nil, fmt.Errorf("%q is no comparison: write >, >=, <, <=, == or != and what to compare with, such as \"> 900\"", shortened(s, 80))
	}
	c := &comparison{op: operators[i]}
	var err error
	if c.operand, err = parseOperand(strings.TrimSpace(s[len(c.op):])); err != nil {
		return nil, fmt.Errorf("%q: %w", shortened(s, 80), err)
	}
	if !c.operand.type_.ordered() && c.op != "==" && c.op != "!=" {
		return nil, fmt.Errorf("%q: %s is compared by == or != alone", shortened(s, 80), c.operand.type_)
	}
	return c, nil
}

func parseOperand(s string) (operand, error) {
	o := operand{source: s}
	if s == "" {
		return o, errors.New("there is nothing to compare with")
	}
	if strings.HasPrefix(s, `"`) {
		text, after, err := cutQuoted(s)
		if err != nil || after != "" {
			return o, errors.New("a text stands in one pair of double quotes")
		}
		o.type_, o.text = asText, text
		return o, nil
	}
	if s == "true" || s == "false" {
		o.type_ = asBoolean
		if s == "true" {
			o.number = 1
		}
		return o, nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		o.number = n
		return o, nil
	}
	if d, err := parseDuration(s); err == nil {
		o.type_, o.number = asDuration, d.Seconds()
		return o, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		o.type_, o.number = asTimestamp, unixSeconds(at)
		return o, nil
	}
	return o, errors.New(`what it compares with is no number, duration (15m), true or false, time (2026-01-31T12:00:00Z) or text in double quotes`)
}

// parseDuration reads Go durations, and days as in "14d".
func parseDuration(s string) (time.Duration, error) {
	if strings.HasSuffix(s, "d") {
		return duration.Parse(s)
	}
	return time.ParseDuration(s)
}

func unixSeconds(at time.Time) float64 {
	return float64(at.Unix()) + float64(at.Nanosecond())/1e9
}

// holds tells whether a value, already made comparable, fits.
func (c comparison) holds(v Value) bool {
	if c.operand.type_ == asText {
		return (v.text == c.operand.text) == (c.op == "==")
	}
	return c.fits(v.number)
}

func (c comparison) fits(n float64) bool {
	switch c.op {
	case ">":
		return n > c.operand.number
	case ">=":
		return n >= c.operand.number
	case "<":
		return n < c.operand.number
	case "<=":
		return n <= c.operand.number
	case "==":
		return n == c.operand.number
	}
	return n != c.operand.number
}

// comparable makes of a value what the operand's type is compared with; its problem
// says why it can't be.
func (t operandType) comparable(v Value) Value {
	if v.problem != "" || v.kind == noValue {
		return v
	}
	switch {
	case t == asText && v.kind == aText:
		return v
	case t == asBoolean && (v.kind == aBoolean || v.kind == aNumber && (v.number == 0 || v.number == 1)):
		return v
	case t == asTimestamp:
		if at, ok := v.when(); ok {
			return numeric(unixSeconds(at))
		}
	case t == asDuration && v.kind == aText:
		if d, err := parseDuration(v.text); err == nil {
			return numeric(d.Seconds())
		}
	case t.ordered() && v.kind == aNumber:
		return v
	}
	v.problem = fmt.Sprintf("is %s (%s), which can't be compared with %s", v.kind, v, t)
	if v.kind == aContainer {
		v.problem = fmt.Sprintf("is %s, which can't be compared with %s: name a value inside it", v.kind, t)
	}
	return v
}

// format shows a number in the operand's unit.
func (t operandType) format(v Value) string {
	switch {
	case v.kind == aNumber && t == asDuration:
		return Seconds(v.number)
	case v.kind == aNumber && t == asTimestamp:
		return time.Unix(int64(v.number), 0).UTC().Format(time.RFC3339)
	}
	return v.String()
}

// overlap tells whether a value can fit both comparisons, and excess whether one can
// fit the first and not the second. Truth changes at the operands alone, so it is
// enough to look there, between them and beyond them.
func (c comparison) overlap(d comparison) bool {
	return slices.ContainsFunc(c.trials(d), func(v Value) bool { return c.holds(v) && d.holds(v) })
}

func (c comparison) excess(d comparison) bool {
	return slices.ContainsFunc(c.trials(d), func(v Value) bool { return c.holds(v) && !d.holds(v) })
}

func (c comparison) trials(d comparison) []Value {
	switch a, b := c.operand, d.operand; c.operand.type_ {
	case asText:
		return []Value{{text: a.text}, {text: b.text}, {text: a.text + b.text + "+"}}
	case asBoolean:
		return []Value{{}, {number: 1}}
	default:
		low, high := min(a.number, b.number), max(a.number, b.number)
		return []Value{
			{number: math.Nextafter(low, math.Inf(-1))}, {number: low}, {number: low + (high-low)/2}, {number: high},
			{number: math.Nextafter(high, math.Inf(1))},
		}
	}
}

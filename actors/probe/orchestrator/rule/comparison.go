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

// comparison is a condition on a value, such as "> 900".
type comparison struct {
	op      string
	operand operand
}

// operand is the right side of a comparison.
type operand struct {
	typ    operandType
	number float64 // a number, a duration or timestamp in seconds, or 1 or 0 for a boolean
	text   string
	source string // as the rule spells it
}

type operandType uint8

const (
	typeNumber operandType = iota
	typeDuration
	typeTimestamp
	typeBoolean
	typeText
)

var operandNames = [...]string{"a number", "a duration", "a timestamp", "a boolean", "a string"}

func (t operandType) String() string { return operandNames[t] }

// ordered reports whether < and > apply to the type.
func (t operandType) ordered() bool { return t <= typeTimestamp }

// operators lists each operator before its prefixes.
var operators = []string{">=", "<=", "==", "!=", ">", "<"}

func (c comparison) String() string { return c.op + " " + c.operand.source }

// parseComparison parses "> 900", "<= 15m", `!= "idle"`, "== true", "< 2026-01-01T00:00:00Z".
func parseComparison(s string) (*comparison, error) {
	s = strings.TrimSpace(s)
	i := slices.IndexFunc(operators, func(op string) bool { return strings.HasPrefix(s, op) })
	if i < 0 {
		return nil, fmt.Errorf("%q is not a comparison: write >, >=, <, <=, == or != and what to compare with, such as \"> 900\"", shortened(s, 80))
	}
	c := &comparison{op: operators[i]}
	var err error
	if c.operand, err = parseOperand(strings.TrimSpace(s[len(c.op):])); err != nil {
		return nil, fmt.Errorf("%q: %w", shortened(s, 80), err)
	}
	if !c.operand.typ.ordered() && c.op != "==" && c.op != "!=" {
		return nil, fmt.Errorf("%q: %s can only be compared with == or !=", shortened(s, 80), c.operand.typ)
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
			return o, errors.New("a text must be in one pair of double quotes")
		}
		o.typ, o.text = typeText, text
		return o, nil
	}
	if s == "true" || s == "false" {
		o.typ = typeBoolean
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
		o.typ, o.number = typeDuration, d.Seconds()
		return o, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		o.typ, o.number = typeTimestamp, unixSeconds(at)
		return o, nil
	}
	return o, errors.New(`the right side is not a number, duration (15m), true or false, time (2026-01-31T12:00:00Z) or text in double quotes`)
}

// parseDuration parses Go durations, and days as in "14d".
func parseDuration(s string) (time.Duration, error) {
	if strings.HasSuffix(s, "d") {
		return duration.Parse(s)
	}
	return time.ParseDuration(s)
}

func unixSeconds(at time.Time) float64 {
	return float64(at.Unix()) + float64(at.Nanosecond())/1e9
}

// holds reports whether the comparison is true of a converted value.
func (c comparison) holds(v Value) bool {
	if c.operand.typ == typeText {
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

// convert converts a value for a comparison with an operand of type t. If that is impossible,
// the problem of the result says why.
func (t operandType) convert(v Value) Value {
	if v.problem != "" || v.kind == kindMissing {
		return v
	}
	switch {
	case t == typeText && v.kind == kindText:
		return v
	case t == typeBoolean && (v.kind == kindBoolean || v.kind == kindNumber && (v.number == 0 || v.number == 1)):
		return v
	case t == typeTimestamp:
		if at, ok := v.when(); ok {
			return numeric(unixSeconds(at))
		}
	case t == typeDuration && v.kind == kindText:
		if d, err := parseDuration(v.text); err == nil {
			return numeric(d.Seconds())
		}
	case t.ordered() && v.kind == kindNumber:
		return v
	}
	v.problem = fmt.Sprintf("is %s (%s), which can't be compared with %s", v.kind, v, t)
	if v.kind == kindContainer {
		v.problem = fmt.Sprintf("is %s, which can't be compared with %s: name a value inside it", v.kind, t)
	}
	return v
}

// format returns the text of a value in the operand's unit.
func (t operandType) format(v Value) string {
	switch {
	case v.kind == kindNumber && t == typeDuration:
		return Seconds(v.number)
	case v.kind == kindNumber && t == typeTimestamp:
		return time.Unix(int64(v.number), 0).UTC().Format(time.RFC3339)
	}
	return v.String()
}

// overlap reports whether both comparisons can be true of one value.
func (c comparison) overlap(d comparison) bool {
	return slices.ContainsFunc(c.testValues(d), func(v Value) bool { return c.holds(v) && d.holds(v) })
}

// excess reports whether c can be true of a value of which d is false.
func (c comparison) excess(d comparison) bool {
	return slices.ContainsFunc(c.testValues(d), func(v Value) bool { return c.holds(v) && !d.holds(v) })
}

// testValues returns values that represent all cases: the truth of a comparison changes only at its
// operand, so the operands, a value between them, and one on either side are enough.
func (c comparison) testValues(d comparison) []Value {
	switch a, b := c.operand, d.operand; c.operand.typ {
	case typeText:
		return []Value{{text: a.text}, {text: b.text}, {text: a.text + b.text + "+"}}
	case typeBoolean:
		return []Value{{}, {number: 1}}
	default:
		low, high := min(a.number, b.number), max(a.number, b.number)
		return []Value{
			{number: math.Nextafter(low, math.Inf(-1))}, {number: low}, {number: low + (high-low)/2}, {number: high},
			{number: math.Nextafter(high, math.Inf(1))},
		}
	}
}

package rule

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// kind is the kind of a value.
type kind uint8

const (
	kindMissing kind = iota // missing, or null
	kindNumber
	kindText
	kindBoolean
	kindContainer // an object or a list
)

var kindNames = [...]string{"missing", "a number", "a string", "a boolean", "an object or a list"}

func (k kind) String() string { return kindNames[k] }

// Value is the value of a field in an answer.
type Value struct {
	kind    kind
	number  float64 // 1 or 0 for a boolean
	text    string
	problem string // why it can't be used: it is there twice, is not a finite number, …
	above   string // if missing: the kind of the value that blocks its path, such as "a number"
}

// String formats a value for messages; it shortens long texts.
func (v Value) String() string {
	switch v.kind {
	case kindNumber:
		return formatNumber(v.number)
	case kindText:
		return strconv.Quote(shortened(v.text, 80))
	case kindBoolean:
		return strconv.FormatBool(v.number != 0)
	default:
		return v.kind.String()
	}
}

// numeric returns a number as a value. A number that is not finite is a problem.
func numeric(n float64) Value {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{kind: kindNumber, problem: fmt.Sprintf("is %v, not a finite number", n)}
	}
	return Value{kind: kindNumber, number: n}
}

// spacedRFC3339 has a space instead of the T, as RFC 3339 allows and Python writes.
const spacedRFC3339 = "2006-01-02 15:04:05.999999999Z07:00"

// Number returns the value if it is a number, else ok is false.
func (v Value) Number() (n float64, ok bool) {
	return v.number, v.kind == kindNumber && v.problem == ""
}

// when parses the value as a time: RFC 3339 or Unix seconds.
func (v Value) when() (at time.Time, ok bool) {
	switch v.kind {
	case kindText:
		if at, err := time.Parse(time.RFC3339Nano, v.text); err == nil {
			return at, true
		}
		at, err := time.Parse(spacedRFC3339, v.text)
		return at, err == nil
	case kindNumber:
		// A larger number is milliseconds: as seconds it would be after the year 5138.
		if v.number > 0 && v.number < 1e11 {
			whole, fraction := math.Modf(v.number)
			return time.Unix(int64(whole), int64(fraction*1e9)), true
		}
	default:
	}
	return time.Time{}, false
}

// formatNumber formats whole numbers in full and others with six digits.
func formatNumber(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'g', 6, 64)
}

// Seconds formats seconds as a duration.
func Seconds(seconds float64) string {
	if math.Abs(seconds) > 1e9 {
		return formatNumber(seconds) + "s"
	}
	d := time.Duration(seconds * float64(time.Second))
	if d >= time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}

// shortened cuts a text to at most limit bytes at a rune boundary, and marks the cut with "…".
func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

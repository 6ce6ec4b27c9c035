package rule

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// kind is what a value is.
type kind uint8

const (
	noValue kind = iota // not there, or null
	aNumber
	aText
	aBoolean
	aContainer // an object or a list
)

var kindNames = [...]string{"missing", "a number", "a string", "a boolean", "an object or a list"}

func (k kind) String() string { return kindNames[k] }

// Value is what an answer holds for a field.
type Value struct {
	kind    kind
	number  float64 // of a boolean 1 or 0
	text    string
	problem string // why it says nothing: it stands twice, is no finite number, …
	above   string // of one that is missing: what stands where its path would go on, "a number" or "a list"
}

// String shows a value in messages; long texts are cut.
func (v Value) String() string {
	switch v.kind {
	case aNumber:
		return formatNumber(v.number)
	case aText:
		return strconv.Quote(shortened(v.text, 80))
	case aBoolean:
		return strconv.FormatBool(v.number != 0)
	default:
		return v.kind.String()
	}
}

// numeric makes a value of a number, which has to be finite.
func numeric(n float64) Value {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{kind: aNumber, problem: fmt.Sprintf("is %v, no finite number", n)}
	}
	return Value{kind: aNumber, number: n}
}

// spacedRFC3339 has a space before the time, which RFC 3339 allows and Python writes.
const spacedRFC3339 = "2006-01-02 15:04:05.999999999Z07:00"

// Number gives the value where it is a number; ok is false where it is not.
func (v Value) Number() (n float64, ok bool) { return v.number, v.kind == aNumber && v.problem == "" }

// when reads the value as a time: RFC 3339 or Unix seconds.
func (v Value) when() (at time.Time, ok bool) {
	switch v.kind {
	case aText:
		if at, err := time.Parse(time.RFC3339Nano, v.text); err == nil {
			return at, true
		}
		at, err := time.Parse(spacedRFC3339, v.text)
		return at, err == nil
	case aNumber:
		// Beyond it are milliseconds, or the year 5138.
		if v.number > 0 && v.number < 1e11 {
			whole, fraction := math.Modf(v.number)
			return time.Unix(int64(whole), int64(fraction*1e9)), true
		}
	default:
	}
	return time.Time{}, false
}

// formatNumber writes whole numbers in full and others with six digits.
func formatNumber(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'g', 6, 64)
}

// Seconds writes seconds as a duration.
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

// shortened cuts a text to at most limit bytes, between runes.
func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

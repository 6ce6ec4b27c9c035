// Package secret holds the one type in which secrets travel: it prints itself
// masked wherever a verb, a logger or an encoder reaches it. It imports the
// standard library alone.
package secret

import "fmt"

// Mask is what stands where a secret was.
const Mask = "***"

// Text is a secret; the zero value is none. Only Reveal gives its value, at the
// edge where it is used. The value lies behind a pointer because fmt ignores every
// method when it reports a wrong verb, and prints a pointer inside a struct as an address.
type Text struct{ value *string }

// New makes a secret of s; an empty s gives none.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{value: &s}
}

// Reveal gives the value, empty where there is none.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Set tells whether there is a value.
func (t Text) Set() bool { return t.value != nil }

// String gives the mask, or nothing where there is no value.
func (t Text) String() string {
	if !t.Set() {
		return ""
	}
	return Mask
}

// Format implements fmt.Formatter, so that no verb (%#v, %x, …) goes round String.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText implements encoding.TextMarshaler.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

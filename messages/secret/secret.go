// Package secret provides Text, a string that every verb, logger and encoder prints
// masked, and finds secrets in text from outside. It imports only the standard library.
package secret

import "fmt"

// Mask replaces a secret.
const Mask = "***"

// Text is a secret; the zero value is none. Only Reveal returns its value. The value
// is behind a pointer because fmt ignores all methods when it reports a wrong verb, but
// prints a pointer inside a struct as an address.
type Text struct{ value *string }

// New returns s as a secret; the zero value if s is empty.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{value: &s}
}

// Reveal returns the value, empty if there is none.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Set reports whether there is a value.
func (t Text) Set() bool { return t.value != nil }

// String returns the mask, or "" if there is no value.
func (t Text) String() string {
	if !t.Set() {
		return ""
	}
	return Mask
}

// Format implements fmt.Formatter, so that no verb (%#v, %x, …) bypasses String.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText implements encoding.TextMarshaler.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

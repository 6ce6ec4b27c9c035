package statefile

import (
	"bytes"
	"testing"
)

// unseal accepts exactly the contents with the right checksum.
func FuzzContent(f *testing.F) {
	text := []byte(`{"version":1}`)
	f.Add(append([]byte(checksum(text)+"\n"), text...))
	f.Add([]byte("0\n"))
	f.Add([]byte("0"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		text, err := unseal(content)
		if err != nil {
			return
		}
		if sealed := append([]byte(checksum(text)+"\n"), text...); !bytes.Equal(sealed, content) {
			t.Errorf("unseal returns %q for %q", text, content)
		}
	})
}

package statefile

import (
	"bytes"
	"testing"
)

// Whatever stands in the file, it is a text with the right checksum, or it is damaged.
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
			t.Errorf("of %q it takes %q", content, text)
		}
	})
}

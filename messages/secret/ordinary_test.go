package secret

import (
	"slices"
	"testing"
)

// Short secrets and common words are ordinary; a word with a digit in it is not.
func TestOrdinary(t *testing.T) {
	for s, want := range map[string]bool{"": true, "abc": true, "info": true, "Postgres": true, "web": true, "s3cret": false, "hunter2": false, "postgres2": false} {
		if IsTooCommon(s) != want {
			t.Errorf("%q is ordinary: %t, want %t", s, !want, want)
		}
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("want the words in order, each once")
	}
}

package secret

import (
	"slices"
	"testing"
)

// What is short or a word of ordinary text can't be searched for; what people make up can.
func TestOrdinary(t *testing.T) {
	for s, want := range map[string]bool{"": true, "abc": true, "info": true, "Postgres": true, "web": true, "s3cret": false, "hunter2": false, "postgres2": false} {
		if Ordinary(s) != want {
			t.Errorf("%q is ordinary: %t, want %t", s, !want, want)
		}
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("want the words in order, each once")
	}
}

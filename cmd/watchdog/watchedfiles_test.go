package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A change counts when the next look finds the same. A file that was created or replaced has changed;
// one that was read since has not.
func TestFilesOfTheSettingsAreWatched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchdog.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := watchFiles([]string{path})
	looks := func(name string, want ...bool) {
		t.Helper()
		for i, each := range want {
			if got := w.changed(); got != each {
				t.Errorf("%s, look %d: %t", name, i+1, got)
			}
		}
	}
	looks("not there", false, false)
	write("tick: 1s")
	looks("it came", false, true)
	w.follow([]string{path}, nil)
	looks("taken", false, false)
	write("tick: 10s")
	w.changed()
	write("tick: 100s")
	looks("still being written", false, true)
	w.follow([]string{path}, nil)
	replaced := path + ".new"
	if err := os.WriteFile(replaced, []byte("tick: 100s"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(replaced, path); err != nil {
		t.Fatal(err)
	}
	looks("replaced", false, true)
}

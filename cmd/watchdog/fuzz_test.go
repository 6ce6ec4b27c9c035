package main

import (
	"bufio"
	"strings"
	"testing"
)

// Whatever the mount table holds, only a file of ours that was replaced is warned of.
func FuzzReplaced(f *testing.F) {
	f.Add("40 27 8:17 /w.yaml//deleted /w.yaml ro - ext4 /dev/sdb1 rw\n")
	f.Add("40 27 8:17 /a\\040b//deleted /a\\040b ro\n")
	f.Add("40 27\n\n//deleted")
	f.Fuzz(func(t *testing.T, table string) {
		for _, warning := range replacedIn(bufio.NewScanner(strings.NewReader(table)), []string{"/w.yaml", "/a b"}) {
			if !strings.Contains(table, "//deleted") || !strings.Contains(warning, " /w.yaml ") && !strings.Contains(warning, " /a b ") {
				t.Errorf("of %q it warns %q", table, warning)
			}
		}
	})
}

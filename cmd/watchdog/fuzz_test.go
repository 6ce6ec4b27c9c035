package main

import (
	"bufio"
	"strings"
	"testing"
)

// Whatever the mount table contains, warnings are only about watched files that were replaced.
func FuzzReplaced(f *testing.F) {
	f.Add("40 27 8:17 /w.yaml//deleted /w.yaml ro - ext4 /dev/sdb1 rw\n")
	f.Add("40 27 8:17 /a\\040b//deleted /a\\040b ro\n")
	f.Add("40 27\n\n//deleted")
	f.Fuzz(func(t *testing.T, table string) {
		for _, warning := range replacedIn(bufio.NewScanner(strings.NewReader(table)), []string{"/w.yaml", "/a b"}) {
			if !strings.Contains(table, "//deleted") || !strings.Contains(warning, " /w.yaml ") && !strings.Contains(warning, " /a b ") {
				t.Errorf("%q causes the warning %q", table, warning)
			}
		}
	})
}

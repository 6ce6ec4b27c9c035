package glob_test

import (
	"regexp"
	"strings"
	"testing"

	"orchestrator-watchdog/messages/glob"
)

// A pattern matches the whole key; * also matches colons and slashes.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"*", "dep_down:db", true}, {"", "", true}, {"", "a", false},
		{"dep_*", "dep_down:db", true}, {"dep_*", "dep", false}, {"dep_*:gitea", "dep_slow:gitea", true},
		{"dep_*:gitea", "dep_slow:gitea2", false}, {"host_inodes:*", "host_inodes:/var/lib", true},
		{"orch_down", "orch_down", true}, {"orch_down", "orch_downs", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*a*b", "aab", true}, {"*a*b", "aba", false}, {"[x]", "[x]", true},
	} {
		if got := glob.Match(c.pattern, c.s); got != c.want {
			t.Errorf("Match(%q, %q) = %t, want %t", c.pattern, c.s, got, c.want)
		}
	}
}

// Match agrees with the equivalent regular expression.
func FuzzMatch(f *testing.F) {
	f.Add("dep_*:g?tea", "dep_slow:gitea")
	f.Add("**a**", "ba")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 64 || len(s) > 256 {
			t.Skip("longer inputs test nothing more")
		}
		expr := strings.NewReplacer(`\*`, "(?s:.*)", `\?`, `(?s:.)`).Replace(regexp.QuoteMeta(pattern))
		re, err := regexp.Compile(`\A` + expr + `\z`)
		if err != nil || !isASCII(pattern+s) {
			t.Skip("? matches a byte here, and a rune there")
		}
		if got, want := glob.Match(pattern, s), re.MatchString(s); got != want {
			t.Errorf("Match(%q, %q) = %t, the regular expression says %t", pattern, s, got, want)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

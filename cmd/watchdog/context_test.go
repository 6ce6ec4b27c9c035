package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Only what looks like a secret in a line of a log is masked.
func TestSecretsInALogAreMasked(t *testing.T) {
	for line, want := range map[string]string{
		"listening on :8080":                              "listening on :8080",
		"DB_PASSWORD=hunter2 started":                     "DB_PASSWORD=*** started",
		`{"api_key": "hunter2", "user": "ann"}`:           `{"api_key": ***, "user": "ann"}`,
		"Authorization: Bearer hunter2":                   "Authorization: ***",
		"authorization=Basic aHVudGVyMg== ok":             "authorization=*** ok",
		"token: 'hunter2' refused":                        "token: *** refused",
		"dial postgres://app:hunter2@db:5432/shop":        "dial postgres://***@db:5432/shop",
		"dial postgres://app:hunt@er2@db:5432/shop":       "dial postgres://***@db:5432/shop",
		"secret-token = hunter2":                          "secret-token = ***",
		"the keyboard is fine, monkeys are not a problem": "the keyboard is fine, monkeys are not a problem",
	} {
		if got := withoutSecrets(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// A message shows as many of the last lines of a log as fit, whole and without secrets. If the last
// line alone is too long, it shows its beginning.
func TestTheEndOfALogIsBounded(t *testing.T) {
	mask := func(line string) string { return strings.ReplaceAll(line, "hunter2", "***") }
	long := strings.Repeat("é", 400)
	for name, c := range map[string]struct{ lines, want []string }{
		"few":                         {[]string{"one", "with hunter2", "token=abc"}, []string{"one", "with ***", "token=***"}},
		"too many":                    {[]string{"one", long, long, long, "last"}, []string{long, long, "last"}},
		"more than there is room for": {[]string{long, long, long}, []string{long, long}},
		"a long one last":             {[]string{"one", "hunter2 " + long + long + long}, []string{"*** " + long + long + strings.Repeat("é", 195) + "…"}},
		"nothing":                     {nil, nil},
	} {
		got := quote(slices.Clone(c.lines), mask)
		if fmt.Sprint(got) != fmt.Sprint(c.want) || utf8.RuneCountInString(strings.Join(got, "")) > maxQuote {
			t.Errorf("%s: %d characters\n%q\nwant\n%q", name, utf8.RuneCountInString(strings.Join(got, "")), got, c.want)
		}
	}
}

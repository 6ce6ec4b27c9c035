package main

import (
	"testing"
)

// What looks like a secret in a line of a log is masked, and nothing else is.
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

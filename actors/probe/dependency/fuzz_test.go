package dependency

import (
	"strings"
	"testing"

	"orchestrator-watchdog/messages/secret"
)

// Whatever a Redis server replies, what is shown is short, one line, and without our password.
func FuzzRedisRefusal(f *testing.F) {
	f.Add("-WRONGPASS invalid username-password pair or user is disabled.")
	f.Add("-ERR unknown command 'AUTH', with args beginning with: 'hunter2hunter2'")
	f.Add("hunter2hunter2")
	f.Add("-")
	f.Add("-ERR hunter2hunter2\x00\u202e")
	f.Fuzz(func(t *testing.T, reply string) {
		tr := &trial{cleaner: secret.NewCleaner("hunter2hunter2")}
		shown := tr.refusal(reply).Error()
		if strings.Contains(shown, "hunter2hunter2") || len(shown) > maxRefusal+100 || strings.ContainsAny(shown, "\n\x00\u202e") {
			t.Errorf("of %q it shows %q", reply, shown)
		}
	})
}

// Whatever stands for a DSN or a URL, what is secret in it is found or not, and no longer than it.
func FuzzPasswords(f *testing.F) {
	for _, seed := range []string{"http://u:p@[::1]:80/%zz", "password='a\\' b'", "postgres://u:p%2F@h/d?password=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range dsnPasswords(s) {
			if len(p) > len(s)*3 { // three characters stand for an escaped one
				t.Errorf("%q is longer than %q", p, s)
			}
		}
		_ = secret.MaskURL(s)
	})
}

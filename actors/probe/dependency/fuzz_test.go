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

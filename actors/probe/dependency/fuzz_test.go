package dependency

import (
	"strings"
	"testing"
)

// Of a Redis reply nothing is shown but a code, whatever it says.
func FuzzRedisCode(f *testing.F) {
	f.Add("-WRONGPASS invalid")
	f.Add("-ERR unknown command 'AUTH' 'hunter2'")
	f.Add("hunter2")
	f.Add("-")
	f.Fuzz(func(t *testing.T, reply string) {
		shown := code(reply)
		if shown != notRedis && strings.ToUpper(shown) != shown || len(shown) > 20 || shown == "" {
			t.Errorf("of %q it shows %q", reply, shown)
		}
	})
}

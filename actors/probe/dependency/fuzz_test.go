package dependency

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever JSON a server answers, and whatever path is asked for, looking it up ends in
// a value that can be shown or in none.
func FuzzField(f *testing.F) {
	f.Add(`{"a":{"b":[1,"x",null]}}`, "a.b.1")
	f.Add(`{"a.b":true}`, "a.b")
	f.Add(`[[[]]]`, "0.0.-1")
	f.Add(`3`, "")
	f.Fuzz(func(t *testing.T, document, path string) {
		var value any
		if json.Unmarshal([]byte(document), &value) != nil {
			return
		}
		if found, ok := field(value, path); ok && found != nil && text(found) == "" && found != "" {
			t.Errorf("the field %q of %s is %v and cannot be shown", path, document, found)
		}
	})
}

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

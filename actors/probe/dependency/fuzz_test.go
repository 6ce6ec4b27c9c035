package dependency

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Whatever a server answers, reading its headers ends, without a panic, in a response or
// in an error that repeats nothing of the answer.
func FuzzReadResponse(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	f.Add("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 500 \n\n")
	f.Add("SSH-2.0-hunter2\r\n")
	f.Add("HTTP/1.1 200 OK\r\nhunter2\r\n\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		go func() {
			_, _ = theirs.Write([]byte(answer))
			_ = theirs.Close()
		}()
		response, err := readResponse(ours, &http.Request{Method: http.MethodGet})
		if (response == nil) == (err == nil) {
			t.Fatalf("got %v and %v", response, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the answer: %v", err)
		}
	})
}

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

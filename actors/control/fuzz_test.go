package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// Any request is answered by a command, or with the exit code of wrong usage.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/command", `{"command":"ack","args":["orch_down"]}`)
	f.Add("POST", "/command", `{"command":"none","By":"root"}`)
	f.Add("POST", "/command", `{"command":1}`)
	f.Add("GET", "/command", "")
	f.Add("POST", "/command/../command", strings.Repeat("[", 1000))
	done := 0
	a := New(Options{
		Name: "@x", Log: zap.NewNop(), Count: func(string, string, string) {},
		Commands: map[string]Handler{"ack": func(_ context.Context, r Request) Answer {
			if r.By != "uid 7" {
				panic("By is not the user of the connection but " + r.By)
			}
			done++
			return Answer{Output: strings.Join(r.Args, " ")}
		}},
	})
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://watchdog/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.Path, r.RemoteAddr = path, "uid 7"
		before, w := done, httptest.NewRecorder()
		a.handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			if done != before {
				t.Errorf("a command was obeyed, but the status is %d", w.Code)
			}
			return
		}
		var answer Answer
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || done == before && answer.Code != 2 {
			t.Errorf("%v: %s", err, w.Body)
		}
	})
}

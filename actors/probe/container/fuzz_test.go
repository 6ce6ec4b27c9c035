package container

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// textEngine is an engine that answers each path with a text.
type textEngine struct{ list, inspect, stats, events string }

// RoundTrip implements http.RoundTripper.
func (s textEngine) RoundTrip(r *http.Request) (*http.Response, error) {
	body, status := "", http.StatusOK
	switch {
	case strings.HasSuffix(r.URL.Path, "/containers/json"):
		body = s.list
	case strings.HasSuffix(r.URL.Path, "/events"):
		body = s.events
	case strings.HasSuffix(r.URL.Path, "/stats"):
		body = s.stats
	case strings.HasSuffix(r.URL.Path, "/json"):
		if body = s.inspect; strings.HasPrefix(body, `{"message"`) {
			status = http.StatusNotFound
		}
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Api-Version": {"1.41"}, "Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// Whatever an engine answers, a reading ends, and the texts of its observations are bounded.
func FuzzEngine(f *testing.F) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	list := func(state, labels string) string {
		return `[{"Id":"` + id + `","Names":["/web"],"State":"` + state + `","Status":"Exited (3) 2 seconds ago","Created":1,"Labels":{` + labels + `}}]`
	}
	const ended = `{"Id":"x","State":{"Status":"exited","ExitCode":3,"OOMKilled":true,"FinishedAt":"2026-03-01T12:00:01Z","Health":{"Status":"unhealthy","Log":[null,{"Output":"no"}]}},"HostConfig":{"Memory":100}}`
	const stats = `{"memory_stats":{"usage":95,"limit":100,"stats":{"inactive_file":1}}}`
	event := func(action, more string) string {
		return `{"Type":"container","Action":"` + action + `","Actor":{"ID":"` + id + `","Attributes":{"name":"web"` + more + `}},"timeNano":1772366401000000000}` + "\n"
	}
	f.Add(list("exited", ""), ended, stats, event("die", `,"exitCode":"3"`)+event("oom", ""))
	f.Add(list("running", `"watchdog.expect":"true","com.docker.swarm.service.name":"s","com.docker.swarm.task.name":"s.1.x"`), `{"Id":"x","State":{"Status":"running"}}`, stats, event("kill", `,"signal":"9"`))
	f.Add(`[{},{"Names":[]},{"Id":"\u202e","Names":["/\u202e\u0000"]}]`, `{"message":"no such container"}`, `{}`, "\n")
	f.Add(`{"message":"x"}`, `null`, `[]`, `{`)
	f.Add(`[`, `{"State":null}`, `{"memory_stats":{"usage":18446744073709551615}}`, event("destroy", ""))
	f.Fuzz(func(t *testing.T, list, inspect, stats, events string) {
		c, err := guarded(textEngine{list, inspect, stats, events}, false)
		if err != nil {
			t.Fatal(err)
		}
		now := noon
		p := newProbe(&docker{endpoint: Endpoint{Host: "unix:///x"}, client: c}, Options{
			Settings: Settings{Endpoint: Endpoint{Host: "unix:///nowhere/at/all"}}, Interval: time.Second, Stream: NewStream(), Facts: NewFacts(func(time.Time, string) {}), Now: func() time.Time { return now },
		})
		for range 2 {
			r, _ := p.Observe(t.Context())
			for _, o := range r.Observations {
				if len(o.Signal) > maxText+100 || len(o.Detail) > 2*maxHealthLog+4*maxText {
					t.Errorf("%d bytes of key, %d of detail", len(o.Signal), len(o.Detail))
				}
			}
			now = now.Add(time.Second)
		}
	})
}

// Whatever a container logs, no more lines are returned than requested.
func FuzzLog(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\nthree"))
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x04one\n\x02\x00\x00\x00\x00\x00\x00\x04two\n"))
	f.Add([]byte("\x01\x00\x00\x00\xff\xff\xff\xffx"))
	f.Add([]byte("\x03\x00\x00\x00\x00\x00\x00\x01x"))
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := lastLines(plainLog(text), 3)
		for _, line := range lines {
			if strings.ContainsAny(line, "\n") || len(line) > len(text)+64 || utf8.Valid(text) && strings.TrimSpace(line) == "" {
				t.Errorf("the line %q", line)
			}
		}
		if len(lines) > 3 {
			t.Errorf("%d lines", len(lines))
		}
	})
}

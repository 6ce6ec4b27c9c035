package dependency_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/dependency"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages/secret"
)

// serve starts a server and returns its URL.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func location(status int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
	}
}

// An HTTP dependency is up if its status and its body match the settings.
func TestWhatAnHTTPDependencyMustAnswer(t *testing.T) {
	const health = `{"status":"pass","db":{"connected":true,"pool":[3,1.0]},"a.b":null}`
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		http   dependency.HTTP
		want   string
	}{
		"any 2xx is accepted":                       {answer(204, ""), dependency.HTTP{}, up},
		"another status is not":                     {answer(404, ""), dependency.HTTP{}, "status failed: it answers 404 Not Found"},
		"a listed status is accepted":               {answer(401, ""), dependency.HTTP{Status: []int{200, 401}}, up},
		"a status that is not listed":               {answer(200, ""), dependency.HTTP{Status: []int{401}}, "status failed: it answers 200 OK"},
		"a redirect that is listed is not followed": {location(302, "http://127.0.0.1:1/"), dependency.HTTP{Status: []int{302}}, up},
		"an unassigned status":                      {answer(299, "pass"), dependency.HTTP{Contains: "pass"}, up},
		"the text is there":                         {answer(200, health), dependency.HTTP{Contains: `"pass"`}, up},
		"the text is not there":                     {answer(200, health), dependency.HTTP{Contains: "well"}, `body failed: its 67 bytes do not contain "well"`},
		"the fields match":                          {answer(200, health), dependency.HTTP{JSON: map[string]string{"status": "pass", "db.connected": "true", "db.pool.1": "1", "a.b": "null"}}, up},
		"a field differs":                           {answer(200, health), dependency.HTTP{JSON: map[string]string{"db.pool.0": "4"}}, `body failed: its JSON field db.pool.0 is "3", not "4"`},
		"a field is a list":                         {answer(200, health), dependency.HTTP{JSON: map[string]string{"db.pool": "3"}}, `is "[3,1.0]", not "3"`},
		"a missing field":                           {answer(200, health), dependency.HTTP{JSON: map[string]string{"db.pool.2": "4"}}, "its JSON has no field db.pool.2"},
		"a field of a string":                       {answer(200, health), dependency.HTTP{JSON: map[string]string{"status.x": "4"}}, "its JSON has no field status.x"},
		"no JSON":                                   {answer(200, "pass"), dependency.HTTP{JSON: map[string]string{"status": "pass"}}, "body failed: it is not JSON"},
		"an answer after early hints": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(200)
		}, dependency.HTTP{}, up},
	} {
		t.Run(name, func(t *testing.T) {
			c.http.URL = serve(t, c.answer)
			wantDown(t, dependency.Spec{Target: &c.http}, c.want)
		})
	}
}

// However an HTTP server fails, the check ends in time and names the step.
func TestHowAnHTTPServerFails(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n\r\n"
	listen := func(handle func(c conn)) string {
		return "http://" + servertest.Listen(t, handle)
	}
	for name, c := range map[string]struct {
		url  string
		want string
	}{
		"nothing listens":              {"http://" + servertest.Refusing(t), "connect failed: connection refused"},
		"a name that is not there":     {"http://no-such-name.invalid/", "resolve failed"},
		"packets are swallowed":        {"http://" + servertest.BlackHole(t), "connect failed: no answer within 600ms"},
		"it says nothing":              {listen(servertest.Swallow), "status failed: no answer within 600ms"},
		"a reset at once":              {listen(servertest.Reset("")), "the connection was closed by the other side"},
		"a reset in the handshake":     {strings.Replace(listen(servertest.Reset("\x16\x03")), "http:", "https:", 1), "TLS failed: the connection was closed by the other side"},
		"it refuses the credentials":   {serve(t, answer(401, "hunter2")), "status failed: it answers 401 Unauthorized"},
		"a reset in the headers":       {listen(servertest.Reset("HTTP/1.1 200 OK\r\nDate")), "status failed: the connection was closed by the other side"},
		"a reset in the body":          {listen(servertest.Reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npa")), "body failed: the connection was closed by the other side"},
		"slow headers":                 {listen(servertest.Drip("HTTP/1.1 200 OK\r\nX: ", patience/10)), "status failed: no answer within 600ms"},
		"a slow body":                  {listen(servertest.Drip(head, patience/10)), "body failed: no answer within 600ms"},
		"headers without end":          {listen(servertest.Endless("HTTP/1.1 200 OK\r\n", "X: y\r\n")), "status failed: the headers of the answer are larger than 64 KiB"},
		"hints without end":            {listen(servertest.Endless("", "HTTP/1.1 103 Early Hints\r\n\r\n")), "status failed: the headers of the answer are larger than 64 KiB"},
		"a body without end":           {listen(servertest.Endless(head, "x")), "body failed: its first 1048576 bytes do not contain"},
		"another protocol":             {listen(servertest.Say("SSH-2.0-OpenSSH_9.2\r\n")), "status failed: the answer is not HTTP"},
		"http where https is":          {strings.Replace(serve(t, answer(200, "")), "http:", "https:", 1), "TLS failed: it does not speak TLS there"},
		"a redirect in a circle":       {serve(t, location(302, "/")), "status failed: redirected more than 5 times"},
		"a redirect to another scheme": {serve(t, location(307, "https://127.0.0.1:1/")), "redirected from http to https"},
		"a redirect without a host":    {serve(t, location(301, "http://")), "it redirects to an invalid URL"},
		"a redirect to a closed port":  {serve(t, location(308, "http://"+servertest.Refusing(t))), "connect failed: connection refused"},
		"a redirect without a target":  {serve(t, location(303, "")), "it answers 303 See Other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait
			wantDown(t, dependency.Spec{Target: &dependency.HTTP{URL: c.url, Contains: "well"}}, c.want)
		})
	}
}

// At most five redirects are followed.
func TestRedirectsAreFollowed(t *testing.T) {
	for redirects, want := range map[int]string{1: up, 5: up, 6: "redirected more than 5 times"} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if redirects == 0 {
				answer(200, "pass")(w, r)
				return
			}
			redirects--
			location(302, "./next")(w, r)
		})
		wantDown(t, dependency.Spec{Target: &dependency.HTTP{URL: url, Contains: "pass"}}, want)
	}
}

// Every check is a GET over a new connection, so it sees what a new client sees.
func TestConnectionsAreFresh(t *testing.T) {
	var from []string
	p := newProbe(t, dependency.Spec{Target: &dependency.HTTP{URL: serve(t, func(_ http.ResponseWriter, r *http.Request) {
		from = append(from, r.Method+" "+r.RemoteAddr)
	})}})
	observe(t, p)
	observe(t, p)
	if len(from) != 2 || from[0] == from[1] || !strings.HasPrefix(from[0], "GET ") {
		t.Errorf("requests came as %q, want two GET from two ports", from)
	}
}

// The request carries the credentials and headers.
func TestCredentialsAreSent(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(w, "%s|%s|%s|%s|%s", user, password, r.Header.Get("Authorization"), r.Header.Get("X-Key"), r.Host)
	})
	withUser := strings.Replace(url, "http://", "http://watch:hunter2@", 1)
	for name, h := range map[string]dependency.HTTP{
		"basic":             {URL: url, User: "watch", Password: secret.New("hunter2"), Contains: "watch|hunter2|"},
		"basic in the url":  {URL: withUser, Contains: "watch|hunter2|"},
		"bearer":            {URL: url, Bearer: secret.New("hunter2"), Contains: "Bearer hunter2|"},
		"headers":           {URL: url, Headers: map[string]string{"x-key": "hunter2"}, Contains: "|hunter2|"},
		"the host's header": {URL: url, Headers: map[string]string{"Host": "gitea.example"}, Contains: "|gitea.example"},
	} {
		t.Run(name, func(t *testing.T) { wantDown(t, dependency.Spec{Target: &h}, up) })
	}
}

// No secret is sent after a redirect to another host, even if that redirects back.
func TestSecretsStayWithTheirHost(t *testing.T) {
	var home string
	var leaked []string
	record := func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "X-Key", "Referer", "Cookie"} {
			if value := r.Header.Get(name); value != "" {
				leaked = append(leaked, name+": "+value)
			}
		}
		location(302, home+"/back")(w, r)
	}
	elsewhere := serve(t, record)
	home = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/back" && r.Header.Get("X-Key") != "":
			leaked = append(leaked, "back home")
		case r.URL.Path == "/back":
		case r.Header.Get("X-Key") == "":
			t.Error("the first request came without its header")
		default:
			location(302, elsewhere)(w, r)
		}
	})
	wantDown(t, dependency.Spec{Target: &dependency.HTTP{
		URL: home, Bearer: secret.New("hunter2"), Headers: map[string]string{"X-Key": "hunter2"},
	}}, up)
	if len(leaked) > 0 {
		t.Errorf("it sent %q after the redirect", leaked)
	}
}

// No fault shows a secret of the URL or a header, even if the server repeats it.
func TestAFaultShowsNoSecretOfHTTP(t *testing.T) {
	echo := servertest.Listen(t, func(c conn) {
		buffer := make([]byte, 4096)
		n, _ := c.Read(buffer)
		_, _ = c.Write(buffer[:n])
	})
	for _, addr := range []string{echo, servertest.Refusing(t), servertest.Listen(t, servertest.Swallow)} {
		p := newProbe(t, dependency.Spec{Timeout: patience, Target: &dependency.HTTP{
			URL: "http://hunter2:hunter2@" + addr + "/hunter2?token=hunter2", Headers: map[string]string{"X-Key": "hunter2"},
		}})
		r, err := p.Observe(t.Context())
		if printed := fmt.Sprintf("%+v %v", r, err); err == nil || strings.Contains(printed, "hunter2") {
			t.Errorf("got %s", printed)
		}
	}
}

// The Date header of an answer gives the offset of the peer's clock. An answer from a cache
// gives none.
func TestThePeersClockIsComparedWithOurs(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		date, age string
		want      []time.Duration
	}{
		"a minute ahead": {"Thu, 01 Jan 2026 00:01:00 GMT", "", []time.Duration{time.Minute + time.Second/2}},
		"behind":         {"Wed, 31 Dec 2025 23:59:00 GMT", "", []time.Duration{-time.Minute + time.Second/2}},
		"from a cache":   {"Wed, 31 Dec 2025 23:59:00 GMT", "60", nil},
		"no date":        {"today", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var offsets []time.Duration
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", c.date)
				if c.age != "" {
					w.Header().Set("Age", c.age)
				}
			})
			wantDown(t, dependency.Spec{
				Target: &dependency.HTTP{URL: url},
				Now:    func() time.Time { return now },
				OnDate: func(source string, offset time.Duration) {
					if "http://"+source != url {
						t.Errorf("the source is %s, want that of %s", source, url)
					}
					offsets = append(offsets, offset)
				},
			}, up)
			if fmt.Sprint(offsets) != fmt.Sprint(c.want) {
				t.Errorf("got %s, want %s", offsets, c.want)
			}
		})
	}
}

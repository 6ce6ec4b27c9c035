package ops_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/ops"
)

// Check of a healthy watchdog is nil. The error for an unhealthy one has its reasons.
func TestCheck(t *testing.T) {
	s := &source{}
	address := serve(t, s, newMetrics())
	if err := ops.Check(t.Context(), address); err != nil {
		t.Error(err)
	}
	s.reasons = []string{"core made no progress", "clock made no progress"}
	err := ops.Check(t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), "core made no progress; clock made no progress") || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v", err)
	}
}

// Check connects to a server that listens on all addresses over loopback.
func TestCheckOfAllAddresses(t *testing.T) {
	_, port, _ := net.SplitHostPort(serve(t, &source{}, newMetrics()))
	for _, listen := range []string{":" + port, "0.0.0.0:" + port, "[::]:" + port, "localhost:" + port} {
		if err := ops.Check(t.Context(), listen); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

// Check of an address where no watchdog listens is an error.
func TestCheckOfSomethingElse(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for name, c := range map[string]struct{ listen, want string }{
		"nothing":    {strings.TrimPrefix(closed.URL, "http://"), "does not answer on 127.0.0.1:"},
		"another":    {strings.TrimPrefix(other.URL, "http://"), "404"},
		"no address": {"\x7f", "WATCHDOG_LISTEN"},
		"no port":    {"127.0.0.1:x", "WATCHDOG_LISTEN"},
	} {
		if err := ops.Check(t.Context(), c.listen); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

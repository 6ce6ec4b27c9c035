package ops_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/ops"
)

// A watchdog that is well is no error; the error of another one holds its reasons.
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

// A server that listens on all addresses is asked on loopback.
func TestCheckOfAllAddresses(t *testing.T) {
	_, port, _ := net.SplitHostPort(serve(t, &source{}, newMetrics()))
	for _, listen := range []string{":" + port, "0.0.0.0:" + port, "[::]:" + port, "localhost:" + port} {
		if err := ops.Check(t.Context(), listen); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

// Whatever else listens there, or nothing: the error says where it was asked.
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

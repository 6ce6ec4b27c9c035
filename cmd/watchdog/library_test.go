package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// talkative returns the address of a server that sends unsolicited text after each answer.
func talkative(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					_, _ = io.WriteString(c, "by the way\r\n")
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Errors that net/http logs about a peer become events: everything that the daemon writes is JSON,
// on standard error too.
func TestLibraryLogsAreJSON(t *testing.T) {
	d := start(t, "WATCHDOG_ALERTMANAGER_URL=http://"+talkative(t), "WATCHDOG_ORCH_URL=http://"+freeAddress(t), "WATCHDOG_LOG_LEVEL=debug")
	line := d.logged("library", nil)
	if line["actor"] != "library" || line["level"] != "debug" || !strings.HasPrefix(line["detail"].(string), "Unsolicited response received on idle HTTP channel") {
		t.Errorf("got %v", line)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(d.written()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// The shipped binary links no test packages.
func TestTheBinaryLinksNoTests(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for name := range strings.Lines(string(out)) {
		if name = strings.TrimSpace(name); name == "net/http/httptest" || strings.HasPrefix(name, "orchestrator-watchdog/") && strings.HasSuffix(name, "test") {
			t.Errorf("it links %s", name)
		}
	}
}

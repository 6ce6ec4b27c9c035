package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/container/containertest"
)

// recorder stands between the watchdog and the engine's socket, and keeps every request.
type recorder struct {
	mu       sync.Mutex
	requests []string
}

func record(t *testing.T) (host string, r *recorder) {
	t.Helper()
	r = &recorder{}
	socket := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(conn)
		}
	}()
	return "unix://" + socket, r
}

// pass hands one connection on to the engine, request by request.
func (r *recorder) pass(conn net.Conn) {
	defer conn.Close()
	engine, err := net.Dial("unix", strings.TrimPrefix(containertest.Host(), "unix://"))
	if err != nil {
		return
	}
	defer engine.Close()
	go func() { _, _ = io.Copy(conn, engine); _ = conn.Close() }()
	for in := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.requests = append(r.requests, req.Method+" "+req.URL.Path)
		r.mu.Unlock()
		if req.Write(engine) != nil {
			return
		}
	}
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// A container of the real engine crashes, and the chat hears of it; it runs again, and
// the recovery replies. Nothing but GET and HEAD reached the socket.
func TestACrashOnTheRealEngineIsTold(t *testing.T) {
	engine := containertest.Engine(t)
	name := containertest.Name(t, "web")
	id := containertest.Run(t, engine, name, nil, "exit", "3", "1500ms")
	host, requests := record(t)
	api := chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST="+host, "WATCHDOG_CONTAINERS_EXPECT="+name, "WATCHDOG_TICK=200ms")...)

	first := wait(t, api, 1)[0]
	if !strings.Contains(first.Plain, "ALERT container_down:"+name+" · web-1") || !strings.Contains(first.Plain, "exited with code 3") || first.Silent {
		t.Errorf("got %+v", first)
	}
	containertest.Ended(t, engine, id)
	containertest.Start(t, engine, id) // it lives for 1.5 s: long enough to be seen
	messages := wait(t, api, 2)
	if m := messages[1]; !strings.Contains(m.Plain, "RECOVERED container_down:"+name) || m.ReplyTo != first.ID {
		t.Errorf("got %+v, want the recovery as a reply to %d", m, first.ID)
	}
	if code, took := d.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
	if len(requests.all()) == 0 {
		t.Fatal("no request was recorded")
	}
	for _, r := range requests.all() {
		if !strings.HasPrefix(r, "GET ") && !strings.HasPrefix(r, "HEAD ") {
			t.Errorf("%s reached the socket", r)
		}
	}
}

// No socket is docker_down, and everything else goes on.
func TestNoSocketIsDockerDown(t *testing.T) {
	orch, api := newOrchestrator(t), chat(t)
	d := start(t, append(telegramSettings(api), "WATCHDOG_DOCKER_HOST=unix://"+t.TempDir()+"/none.sock", "WATCHDOG_ORCH_URL="+orch.URL)...)
	d.logged("observation", func(l map[string]any) bool { return l["signal"] == "orch_down" && l["state"] == "ok" })
	if m := wait(t, api, 1)[0]; m.FirstLine() != "🔴 ALERT docker_down · web-1" {
		t.Errorf("got %+v", m)
	}
	d.stop()
}

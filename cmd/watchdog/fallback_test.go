package main

import (
	"bufio"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// postOffice is a mail server that accepts every mail.
type postOffice struct {
	mu       sync.Mutex
	subjects []string
}

func newPostOffice(t *testing.T) (*postOffice, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(conn) })
		}
	})
	return p, l.Addr().String()
}

// serve implements as much of RFC 5321 as one mail needs.
func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	says := func(line string) { _, _ = fmt.Fprint(conn, line+"\r\n") }
	says("220 office.example.org")
	var text strings.Builder
	data := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case data && line == ".":
			data = false
			p.take(text.String())
			text.Reset()
			says("250 taken")
		case data:
			text.WriteString(line + "\r\n")
		case verb == "DATA":
			data = true
			says("354 go on")
		case verb == "QUIT":
			says("221 bye")
			return
		default:
			says("250 office.example.org")
		}
	}
}

func (p *postOffice) take(text string) {
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subjects = append(p.subjects, subject)
}

// until waits for a mail whose subject contains the text.
func (p *postOffice) until(t *testing.T, text string) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		all := strings.Join(p.subjects, "\n")
		p.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("no mail about %q; there are:\n%s", text, all)
		}
	}
}

// When Telegram refuses permanently, mail as its fallback tells according to its route. When Telegram
// is back, it tells what it missed as MISSED.
func TestMailStandsInForTelegram(t *testing.T) {
	t.Parallel()
	office, server := newPostOffice(t)
	listed := "channels: [{name: mail, email: {server: '" + server + "', tls: none, from: w@example.org, to: [ops@example.org]}, fallback_for: telegram, min_severity: critical}]\n"
	file := newSettingsFile(t, listed)
	orch, api, settings := down(t)
	api.Always(fakeapi.Blocked)
	d := start(t, append(settings, "WATCHDOG_CONFIG="+file.path, "WATCHDOG_RELOAD=manual")...)
	office.until(t, "2 signals: orch_down, watchdog_delivery:telegram")
	orch.answers(envelope(1))
	office.until(t, "RECOVERED orch_down")
	if n := len(api.Messages()); n != 0 {
		t.Errorf("Telegram has %d messages", n)
	}
	// It is retried every 5 min, but a new topic triggers a retry at once.
	api.Always(nil)
	file.write(listed + "telegram: {thread_id: 5}\n")
	d.hangUp("reloaded", 1)
	find(t, api, "MISSED orch_down")
	find(t, api, "MISSED watchdog_delivery:telegram")
	for _, m := range api.Messages() {
		if strings.Contains(m.Plain, "ALERT orch_down") {
			t.Errorf("an old alert: %q", m.Plain)
		}
	}
	d.stop()
}

package email

import (
	"bufio"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// smtpd is a mail server whose replies a test sets.
type smtpd struct {
	t       *testing.T
	addr    string
	offers  string            // extensions, separated by commas
	replies map[string]string // by prefix of a command, "greeting" or "."; "-" closes the connection
	tls     *tls.Config       // with STARTTLS; nil: none

	mu       sync.Mutex
	commands []string
	mails    []string
}

func newSMTPD(t *testing.T) *smtpd {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d := &smtpd{t: t, addr: l.Addr().String(), replies: make(map[string]string)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn)
		}
	}()
	return d
}

// answers sets the reply to commands with a prefix.
func (d *smtpd) answers(command, reply string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replies[command] = reply
}

// reply returns the reply to a command: usual unless the test has set another.
func (d *smtpd) reply(command, usual string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if command != "greeting" && command != "." {
		d.commands = append(d.commands, command)
	}
	for begin, reply := range d.replies {
		if strings.HasPrefix(strings.ToUpper(command), strings.ToUpper(begin)) {
			return reply
		}
	}
	return usual
}

func (d *smtpd) got() (commands, mails []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.commands, d.mails
}

func (d *smtpd) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewReader(conn)
	say := func(reply string) bool {
		if reply == "-" {
			return false
		}
		_, err := conn.Write([]byte(reply + "\r\n"))
		return err == nil
	}
	if !say(d.reply("greeting", "220 mail.example.org ready")) {
		return
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.TrimSpace(line)
		usual := "250 ok"
		switch verb, _, _ := strings.Cut(strings.ToUpper(command), " "); verb {
		case "EHLO":
			usual = "250-mail.example.org"
			for _, extension := range strings.Split(d.offers, ",") {
				usual += "\r\n250-" + extension
			}
			usual += "\r\n250 8BITMIME"
		case "AUTH":
			usual = "235 2.7.0 accepted"
		case "DATA":
			usual = "354 go ahead"
		case "STARTTLS":
			usual = "220 ready"
		case "QUIT":
			say(d.reply(command, "221 bye"))
			return
		}
		reply := d.reply(command, usual)
		if !say(reply) {
			return
		}
		switch {
		case command == "STARTTLS" && strings.HasPrefix(reply, "220"):
			secured := tls.Server(conn, d.tls)
			conn, lines = secured, bufio.NewReader(secured)
		case command == "DATA" && strings.HasPrefix(reply, "354"):
			var mail strings.Builder
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				mail.WriteString(strings.TrimPrefix(line, "."))
			}
			reply := d.reply(".", "250 2.0.0 queued")
			if strings.HasPrefix(reply, "250") {
				d.mu.Lock()
				d.mails = append(d.mails, mail.String())
				d.mu.Unlock()
			}
			if !say(reply) {
				return
			}
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// channelTo makes a channel to a server from pairs of names and values, as in the file.
func channelTo(t testing.TB, addr string, settings ...string) *Channel {
	t.Helper()
	s := Kind.New().(*Settings)
	all := append([]string{"server", addr, "tls", "none", "from", "Watchdog <w@example.org>", "to", "ops@example.org", "to", "dev@example.org"}, settings...)
	fields := s.Fields()
	for i := 0; i < len(all); i += 2 {
		for _, f := range fields {
			if f.Name == all[i] {
				if err := f.Set("", all[i+1]); err != nil {
					t.Fatalf("%s: %v", all[i], err)
				}
			}
		}
	}
	for _, err := range s.Check() {
		t.Fatal(err)
	}
	ch, err := s.Make(notifier.Setup{Name: "mail", Host: "web-1", Zone: time.UTC, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	return ch.(*Channel)
}

func alert(signal messages.Key, detail string) messages.Notification {
	return messages.Notification{Seq: 7, News: messages.Alert, Signal: signal, Level: messages.Critical, Worst: messages.Critical, Detail: detail, Since: noon.Add(-time.Minute), At: noon}
}

func batch(items ...messages.Notification) notifier.Batch {
	return notifier.Batch{Items: items, At: noon}
}

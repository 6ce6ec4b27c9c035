package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

const password = "hunter2-and-more"

// A mail goes to all recipients in one transaction. Its Message-ID matches the id in Sent, to
// which later mails reply.
func TestOneTransaction(t *testing.T) {
	d := newSMTPD(t)
	ch := channelTo(t, d.addr)
	sent, err := ch.Send(t.Context(), batch(alert("dep_down:db", "refused")))
	if err != nil {
		t.Fatal(err)
	}
	commands, mails := d.got()
	want := []string{"EHLO [127.0.0.1]", "MAIL FROM:<w@example.org> BODY=8BITMIME", "RCPT TO:<ops@example.org>", "RCPT TO:<dev@example.org>", "DATA", "QUIT"}
	if len(commands) == 5 {
		commands = append(commands, "QUIT") // the server may not have read it yet
	}
	if !slices.Equal(commands, want) || len(mails) != 1 {
		t.Errorf("%q, %d mails", commands, len(mails))
	}
	if id := read(t, mails[0]).header.Get("Message-Id"); id != "<"+messageID(sent.MessageID, "example.org")+">" {
		t.Errorf("the Message-ID is %s, and Sent has %d", id, sent.MessageID)
	}
}

// The first digit of a refusal says whether it is permanent, and the step gives the remedy. No
// output holds the password.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		command, reply string
		want           string // soon, for good, content
		remedy         string
	}{
		"no greeting for us":      {"greeting", "554 5.7.1 no mail from you", "for good", "from this host"},
		"too many connections":    {"greeting", "421 4.7.0 too many connections", "soon", ""},
		"no answer to the hello":  {"EHLO", "-", "soon", ""},
		"a wrong password":        {"AUTH", "535 5.7.8 wrong: " + password, "for good", "user and password"},
		"no login at present":     {"AUTH", "454 4.7.0 try later", "soon", ""},
		"a sender of others":      {"MAIL", "553 5.7.1 not yours", "for good", "check from"},
		"no room at present":      {"MAIL", "452 4.3.1 no room", "soon", ""},
		"a login is wanted":       {"MAIL", "530 5.7.0 authentication required", "for good", "check from"},
		"no such recipients":      {"RCPT", "550 5.1.1 nobody", "for good", "check to"},
		"greylisted":              {"RCPT", "451 4.7.1 greylisted, " + password, "soon", ""},
		"no data":                 {"DATA", "554 5.5.1 no", "content", ""},
		"taken for spam":          {".", "554 5.7.1 spam", "content", ""},
		"too large":               {".", "552 5.3.4 too large", "content", ""},
		"not queued at present":   {".", "451 4.3.0 try again", "soon", ""},
		"broken off in the data":  {".", "-", "soon", ""},
		"no SMTP":                 {"greeting", "HTTP/1.1 400 Bad Request", "soon", ""},
		"an endless greeting":     {"greeting", "220-" + strings.Repeat("x", maxSaid+10), "soon", ""},
		"an unknown code":         {"RCPT", "999 " + password, "soon", ""},
		"too many recipients":     {"RCPT TO:<dev", "452 4.5.3 too many recipients", "soon", ""},
		"a reply of many lines":   {"MAIL", "550-5.7.1 one\r\n550 5.7.1 two", "for good", "check from"},
		"a reply that is hostile": {"MAIL", "550 \x1b[2J\u202e", "for good", "check from"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newSMTPD(t)
			d.offers = "AUTH PLAIN"
			d.answers(c.command, c.reply)
			ch := channelTo(t, d.addr, "user", "w", "password", password)
			_, err := ch.Send(t.Context(), batch(alert("dep_down:db", "")))
			var f *notifier.Failure
			if !errors.As(err, &f) {
				t.Fatalf("got %v", err)
			}
			got := "soon"
			switch {
			case f.Permanent:
				got = "for good"
			case f.Content:
				got = "content"
			}
			if got != c.want || !strings.Contains(f.Remedy, c.remedy) || c.remedy == "" && f.Remedy != "" {
				t.Errorf("%s: %v, to fix: %s", got, err, f.Remedy)
			}
			all := fmt.Sprintf("%v %+v %#v %v %+v %v", err, err, err, ch, *ch, ch.Settings)
			if strings.Contains(all, password) || strings.ContainsAny(all, "\x1b\n\u202e") || len(err.Error()) > 700 {
				t.Errorf("shown as %q", all)
			}
			if _, mails := d.got(); len(mails) > 0 && c.command != "RCPT TO:<dev" {
				t.Errorf("%d mails", len(mails))
			}
		})
	}
}

// If the server requires a login and none is set, the remedy says so.
func TestALoginIsRequired(t *testing.T) {
	d := newSMTPD(t)
	d.answers("MAIL", "530 5.7.0 authentication required")
	_, err := channelTo(t, d.addr).Send(t.Context(), batch(alert("dep_down:db", "")))
	if err == nil || !strings.Contains(err.Error(), "set user and password") {
		t.Errorf("got %v", err)
	}
}

// If one recipient is refused permanently, the others still get the mail. The refusal is reported
// once in the log and once in the next mail.
func TestARefusedRecipient(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	d := newSMTPD(t)
	d.answers("RCPT TO:<ops", "550 5.1.1 nobody")
	ch := channelTo(t, d.addr)
	ch.setup.Log = zap.New(core)
	for i := range 3 {
		n := alert("dep_down:db", "")
		n.Seq = uint64(i + 1)
		if _, err := ch.Send(t.Context(), batch(n)); err != nil {
			t.Fatal(err)
		}
	}
	const notice = "The mail server refuses ops@example.org: 550 5.1.1 nobody"
	_, mails := d.got()
	var told []bool
	for _, m := range mails {
		told = append(told, strings.Contains(read(t, m).parts["text/plain"], notice))
	}
	if fmt.Sprint(told) != "[false true false]" || logs.FilterMessage("config_warning").Len() != 1 {
		t.Errorf("told %v, logged %v", told, logs.All())
	}
}

// A recipient who is refused temporarily gets the mail later, and the others get it once. If the
// refusal lasts, it no longer delays the news.
func TestAGreylistedRecipient(t *testing.T) {
	d := newSMTPD(t)
	d.answers("RCPT TO:<ops", "451 4.7.1 greylisted")
	ch := channelTo(t, d.addr)
	b := batch(alert("dep_down:db", ""))
	_, err := ch.Send(t.Context(), b)
	var f *notifier.Failure
	if !errors.As(err, &f) || f.Permanent || f.Content || !strings.Contains(err.Error(), "ops@example.org") {
		t.Fatalf("got %v", err)
	}
	d.answers("RCPT TO:<ops", "250 ok")
	b.At = noon.Add(time.Minute)
	if _, err := ch.Send(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	commands, mails := d.got()
	asked := 0
	for _, c := range commands {
		if strings.HasPrefix(c, "RCPT TO:<dev") {
			asked++
		}
	}
	if asked != 1 || len(mails) != 2 {
		t.Errorf("the other recipient got it %d times, in %d mails", asked, len(mails))
	}
	d.answers("RCPT TO:<ops", "451 4.7.1 greylisted")
	b.Items[0].Seq = 8
	for _, after := range []time.Duration{2 * time.Minute, 4 * time.Minute, 7 * time.Minute} {
		b.At = noon.Add(after)
		_, err = ch.Send(t.Context(), b)
		if waits := after < 7*time.Minute; waits != (err != nil) {
			t.Errorf("after %s: %v", after, err)
		}
	}
	b.Items[0].Seq, b.At = 9, noon.Add(8*time.Minute)
	if _, err := ch.Send(t.Context(), b); err != nil {
		t.Errorf("later news waits too: %v", err)
	}
}

// The best offered login is used. Without encryption, methods that do not reveal the password come
// first. If the server offers no supported login, the failure is permanent.
func TestLogins(t *testing.T) {
	for offers, want := range map[string]string{
		"AUTH LOGIN PLAIN":                  "AUTH PLAIN AHcAaHVudGVyMi1hbmQtbW9yZQ==",
		"AUTH LOGIN":                        "AUTH LOGIN",
		"AUTH PLAIN CRAM-MD5":               "AUTH CRAM-MD5",
		"AUTH PLAIN CRAM-MD5 SCRAM-SHA-256": "AUTH SCRAM-SHA-256",
		"AUTH NTLM XOAUTH2":                 "",
		"SIZE 1000":                         "",
	} {
		d := newSMTPD(t)
		d.offers = offers
		d.answers("AUTH", "535 5.7.8 no")
		_, err := channelTo(t, d.addr, "user", "w", "password", password).Send(t.Context(), batch(alert("dep_down:db", "")))
		var f *notifier.Failure
		if !errors.As(err, &f) || !f.Permanent {
			t.Errorf("%s: %v", offers, err)
		}
		commands, _ := d.got()
		login := ""
		for _, c := range commands {
			if strings.HasPrefix(c, "AUTH") {
				login = c
			}
		}
		if !strings.HasPrefix(login, want) || want == "" && login != "" {
			t.Errorf("%s: %s", offers, login)
		}
	}
}

// With tls: starttls, nothing but the greeting is sent unencrypted.
func TestNoMailWithoutTLS(t *testing.T) {
	for offers, command := range map[string]string{"SIZE 1000": "", "STARTTLS": "STARTTLS"} {
		d := newSMTPD(t)
		d.offers = offers
		if command != "" {
			d.answers(command, "454 4.7.0 no TLS now")
		}
		_, err := channelTo(t, d.addr, "tls", "starttls", "user", "w", "password", password).Send(t.Context(), batch(alert("dep_down:db", "")))
		var f *notifier.Failure
		if !errors.As(err, &f) || f.Permanent != (command == "") {
			t.Errorf("%s: %v", offers, err)
		}
		commands, _ := d.got()
		for _, c := range commands {
			if strings.HasPrefix(c, "AUTH") || strings.HasPrefix(c, "MAIL") {
				t.Errorf("%s: %q without TLS", offers, c)
			}
		}
	}
}

// The deadline limits the whole session, even if the server keeps sending lines.
func TestTheDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			if _, err := conn.Write([]byte("220-wait\r\n")); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = channelTo(t, l.Addr().String()).Send(ctx, batch(alert("dep_down:db", "")))
	if err == nil || !strings.Contains(err.Error(), "no answer in time") || time.Since(began) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

// A test mail says that it is a test, and fails if one recipient is refused.
func TestATestMail(t *testing.T) {
	d := newSMTPD(t)
	ch := channelTo(t, d.addr)
	if err := ch.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, mails := d.got()
	if got := read(t, mails[0]); got.subject != "🔵 TEST watchdog · web-1" || !strings.Contains(got.parts["text/plain"], "Nothing is wrong now") {
		t.Errorf("got %+v", got)
	}
	d.answers("RCPT TO:<ops", "550 5.1.1 nobody")
	if err := ch.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses ops@example.org: 550 5.1.1 nobody") {
		t.Errorf("got %v", err)
	}
}

// A storm is one mail while all names fit into it.
func TestAStorm(t *testing.T) {
	var items []messages.Notification
	for i := range 2000 {
		items = append(items, alert(messages.Key(fmt.Sprintf("dep_down:%04d", i)), strings.Repeat("x", 200)))
	}
	ch := channelTo(t, "mail:25")
	n := ch.Fit(items)
	if n < 300 || n > 1000 {
		t.Errorf("%d in one mail", n)
	}
	plain := write(batch(items[:n]...), ch.style()).plain
	if !strings.Contains(plain, string(items[n-1].Signal)) || len(plain) > 2*maxText {
		t.Errorf("%d bytes", len(plain))
	}
}

// Invalid settings are reported, and settings are shown without the password.
func TestSettings(t *testing.T) {
	if got, want := channelTo(t, "mail:25", "user", "w", "password", password).Settings.String(), "email mail:25, tls none, user w, from w@example.org, to ops@example.org dev@example.org"; got != want {
		t.Errorf("shown as %s", got)
	}
	for _, c := range []struct{ name, text, want string }{
		{"server", "mail:x", "has no port"},
		{"server", "smtp://mail", "not a host"},
		{"tls", "ssl", "not starttls"},
		{"from", "nobody", "not an address"},
		{"to", "a@b, c@d", "not an address"},
		{"to", "a@b\r\nBcc: c@d", "not an address"},
		{"user", "a\nb", "control"},
	} {
		for _, f := range Kind.New().Fields() {
			if f.Name == c.name {
				if err := f.Set("", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s %q: %v", c.name, c.text, err)
				}
			}
		}
	}
	s := &Settings{Security: plain, User: "w"}
	s.InsecureSkipVerify = true
	var all []string
	for _, err := range s.Check() {
		all = append(all, err.Error())
	}
	if got := strings.Join(all, "; "); !strings.Contains(got, "server") || !strings.Contains(got, "from") || !strings.Contains(got, "to:") || !strings.Contains(got, "set together") || !strings.Contains(got, "need tls") {
		t.Errorf("got %s", got)
	}
	for server, want := range map[string]string{"mail": "mail 587", "mail:2525": "mail 2525", "[::1]:25": "::1 25", "[::1]": "::1 587", "::1": "::1 587"} {
		s := Kind.New().(*Settings)
		s.Server = server
		ch, err := s.Make(notifier.Setup{})
		if err != nil {
			t.Fatal(err)
		}
		if c := ch.(*Channel); c.host+" "+c.port != want {
			t.Errorf("%s: %s %s", server, c.host, c.port)
		}
	}
}

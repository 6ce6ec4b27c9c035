package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// batch is one alert with text from outside that has to be escaped.
var batch = notifier.Batch{At: time.Now(), Items: []messages.Notification{{
	Seq: 1, News: messages.Alert, Signal: "dep_down:db", Level: messages.Critical, Detail: "refused <by> & \"it\"", Since: time.Now(), At: time.Now(),
}}}

func newChannel(t *testing.T, log io.Writer, change func(*telegram.Options)) *telegram.Channel {
	t.Helper()
	enc := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"})
	o := telegram.Options{
		Name: "telegram", Token: secret.New(fakeapi.Token), ChatID: "-1001", Style: notifier.Style{Host: "web-1", Zone: time.UTC},
		Log: zap.New(zapcore.NewCore(enc, zapcore.AddSync(log), zapcore.DebugLevel)),
	}
	change(&o)
	ch, err := telegram.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// Each fault leads to the expected messages in the chat and to the expected failure. No output
// holds the token.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		faults    []fakeapi.Fault
		arrived   int // messages in the chat after one Send
		permanent bool
		after     time.Duration // RetryAfter
		remedy    string        // part of the remedy
		err       string        // part of the error; empty: delivered
	}{
		"none":                              {nil, 1, false, 0, "", ""},
		"429 says how long":                 {[]fakeapi.Fault{fakeapi.TooMany(7200)}, 0, false, 2 * time.Hour, "", "Too Many Requests"},
		"500":                               {[]fakeapi.Fault{fakeapi.ServerError}, 0, false, 0, "", "500"},
		"502 with an HTML page":             {[]fakeapi.Fault{fakeapi.Page{Status: 502}}, 0, false, 0, "", "can't be reached"},
		"200 with an HTML page":             {[]fakeapi.Fault{fakeapi.Page{Status: 200}}, 0, false, 0, "", "can't be reached"},
		"an answer cut short":               {[]fakeapi.Fault{fakeapi.Half{}}, 1, false, 0, "", "can't be reached"},
		"a reset before it arrived":         {[]fakeapi.Fault{fakeapi.Reset{}}, 0, false, 0, "", "can't be reached"},
		"a reset after it arrived":          {[]fakeapi.Fault{fakeapi.Reset{Arrived: true}}, 1, false, 0, "", "can't be reached"},
		"no answer":                         {[]fakeapi.Fault{fakeapi.Hang{}}, 0, false, 0, "WATCHDOG_TELEGRAM_PROXY", "can't be reached"},
		"the HTML is refused: plain, once":  {[]fakeapi.Fault{fakeapi.CantParse}, 1, false, 0, "", ""},
		"the plain text is refused too":     {[]fakeapi.Fault{fakeapi.CantParse, fakeapi.CantParse}, 0, false, 0, "", "parse"},
		"the group moved":                   {[]fakeapi.Fault{fakeapi.Migrated(-100777)}, 1, false, 0, "", ""},
		"the topic is gone":                 {[]fakeapi.Fault{fakeapi.ThreadNotFound}, 1, false, 0, "", ""},
		"moved, and then the topic is gone": {[]fakeapi.Fault{fakeapi.Migrated(-100777), fakeapi.ThreadNotFound}, 1, false, 0, "", ""},
		"401":                               {[]fakeapi.Fault{fakeapi.Unauthorized}, 0, true, 0, "@BotFather", "Unauthorized"},
		"403 blocked":                       {[]fakeapi.Fault{fakeapi.Blocked}, 0, true, 0, "unblock the bot", "blocked"},
		"403 kicked":                        {[]fakeapi.Fault{fakeapi.Kicked}, 0, true, 0, "add it to the group", "kicked"},
		"chat not found":                    {[]fakeapi.Fault{fakeapi.ChatNotFound}, 0, true, 0, "send /start to the bot", "chat not found"},
		"404":                               {[]fakeapi.Fault{fakeapi.Refusal{Code: 404, Description: "Not Found"}}, 0, true, 0, "@BotFather", "Not Found"},
		"the bot has no right to write":     {[]fakeapi.Fault{fakeapi.Refusal{Code: 400, Description: "Bad Request: not enough rights to send text messages to the chat"}}, 0, true, 0, "WATCHDOG_TELEGRAM_CHAT_ID", "rights"},
		"a refusal that quotes the token":   {[]fakeapi.Fault{fakeapi.Refusal{Code: 400, Description: "bad /bot" + fakeapi.Token}}, 0, false, 0, "", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			api := fakeapi.New()
			defer api.Close()
			api.Fail(c.faults...)
			var log bytes.Buffer
			ch := newChannel(t, &log, func(o *telegram.Options) { o.APIURL, o.ThreadID = api.URL(), 5 })
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if name == "no answer" {
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
			}
			defer cancel()
			sent, err := ch.Send(ctx, batch)

			if got := len(api.Messages()); got != c.arrived {
				t.Errorf("%d messages in the chat, want %d", got, c.arrived)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			var f *notifier.Failure
			if errors.As(err, &f) && (f.Permanent != c.permanent || f.RetryAfter != c.after || !strings.Contains(f.Remedy, c.remedy)) {
				t.Errorf("got %+v, want permanent %t, after %s, remedy %q", f, c.permanent, c.after, c.remedy)
			}
			if aboutTheText := strings.Contains(c.err, "parse") || c.err == "400"; f != nil && f.Content != aboutTheText {
				t.Errorf("Content is %t", f.Content)
			}
			if err == nil && sent.MessageID == 0 {
				t.Error("the message has no id")
			}
			if all := fmt.Sprintf("%v %+v %#v %s %v", err, err, err, log.String(), ch); strings.Contains(all, fakeapi.Token) {
				t.Errorf("the token is in %s", all)
			}
		})
	}
}

// A new chat id and a missing topic are remembered for the rest of the run, and the next message
// says so once.
func TestAMoveIsRememberedAndReportedOnce(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	api.Fail(fakeapi.Migrated(-100777), fakeapi.ThreadNotFound)
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL, o.ThreadID = api.URL(), 5 })
	for range 2 {
		if _, err := ch.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	m := api.Messages()
	if m[0].Chat != "-100777" || m[1].Chat != "-100777" || m[0].Thread != 0 || m[1].Thread != 0 {
		t.Errorf("got %+v", m)
	}
	if !strings.Contains(m[0].Plain, "-100777") || !strings.Contains(m[0].Plain, "topic 5 is gone") || strings.Contains(m[1].Plain, "topic") {
		t.Errorf("said %q, then %q", m[0].Plain, m[1].Plain)
	}
}

// A message to a group that has moved is no reply, and reports that earlier ids are no longer valid.
func TestAMessageToAMovedGroupRepliesToNothing(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	api.Fail(fakeapi.Migrated(-100777))
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL = api.URL() })
	answers := batch
	answers.Items = []messages.Notification{{Seq: 2, News: messages.Recovered, Signal: "dep_down:db", ReplyTo: 41, Since: time.Now(), At: time.Now()}}
	sent, err := ch.Send(t.Context(), answers)
	if m := api.Messages(); err != nil || !sent.Moved || len(m) != 1 || m[0].ReplyTo != 0 {
		t.Errorf("%v, moved %t, %+v", err, sent.Moved, m)
	}
	if sent, err = ch.Send(t.Context(), answers); err != nil || sent.Moved || api.Messages()[1].ReplyTo != 41 {
		t.Errorf("%v, moved %t: only the first message reports the move", err, sent.Moved)
	}
}

// A server that moves the group without end does not pile up notices: the first message that
// arrives fits, and names the last group.
func TestAnEndlessMigration(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL = api.URL() })
	last := int64(-100000)
	for range 50 {
		for range 4 {
			last--
			api.Fail(fakeapi.Migrated(last))
		}
		if _, err := ch.Send(t.Context(), batch); err == nil {
			t.Fatal("the message was sent, although the group keeps moving")
		}
	}
	_, err := ch.Send(t.Context(), batch)
	m := api.Messages()
	if err != nil || len(m) != 1 || m[0].Chat != fmt.Sprint(last) || !strings.Contains(m[0].Plain, fmt.Sprint(last)) || len(m[0].Plain) > 1500 {
		t.Errorf("%v, %+v", err, m)
	}
}

// A message goes to its topic, shows text from outside unchanged, and can be silent and a reply.
func TestTheParametersOfAMessage(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL, o.ThreadID = api.URL(), 5 })
	recovered := batch
	recovered.Items = []messages.Notification{{Seq: 2, News: messages.Recovered, Signal: "dep_down:db", Detail: "up", ReplyTo: 41, Since: time.Now(), At: time.Now()}}
	for _, b := range []notifier.Batch{batch, recovered} {
		if _, err := ch.Send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	m := api.Messages()
	if m[0].Thread != 5 || m[0].Silent || m[0].ReplyTo != 0 || !strings.Contains(m[0].Plain, "refused <by> & \"it\"") || !m[0].HTML {
		t.Errorf("got %+v", m[0])
	}
	if !m[1].Silent || m[1].ReplyTo != 41 {
		t.Errorf("got %+v", m[1])
	}
}

// Telegram is reached through the configured proxy only. No error shows the proxy's password.
func TestTheProxyIsUsed(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	var through atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through.Add(1)
		r.RequestURI = ""
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	defer proxy.Close()
	for name, scheme := range map[string]string{"http": proxy.URL, "socks5": "socks5://user:hunter2@" + socks5(t)} {
		ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL, o.Proxy = api.URL(), secret.New(scheme) })
		if _, err := ch.Send(t.Context(), batch); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if through.Load() != 1 || len(api.Messages()) != 2 {
		t.Errorf("%d through the http proxy, %d arrived", through.Load(), len(api.Messages()))
	}
	dead := newChannel(t, io.Discard, func(o *telegram.Options) {
		o.APIURL, o.Proxy = api.URL(), secret.New("http://user:hunter2@127.0.0.1:1")
	})
	if _, err := dead.Send(t.Context(), batch); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// socks5 runs a proxy that accepts any user, and returns its address.
func socks5(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			go pass(conn)
		}
	}()
	return l.Addr().String()
}

// pass serves one connection by the parts of RFC 1928 and 1929 that the test needs: user and
// password, IPv4.
func pass(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 512)
	read := func(n int) []byte { _, _ = io.ReadFull(conn, buf[:n]); return buf[:n] }
	read(int(read(2)[1]))
	_, _ = conn.Write([]byte{5, 2})
	read(int(read(2)[1]))
	read(int(read(1)[0]))
	_, _ = conn.Write([]byte{1, 0})
	head := read(10)
	target, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IP(head[4:8]), Port: int(head[8])<<8 | int(head[9])})
	if err != nil {
		return
	}
	defer target.Close()
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	go func() { _, _ = io.Copy(target, conn) }()
	_, _ = io.Copy(conn, target)
}

// A test message says that it is a test. Its failure says what to fix.
func TestATestMessage(t *testing.T) {
	api := fakeapi.New()
	defer api.Close()
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL = api.URL() })
	if err := ch.Test(t.Context()); err != nil || !strings.Contains(api.Messages()[0].Plain, "TEST") {
		t.Errorf("%v, %+v", err, api.Messages())
	}
	api.Fail(fakeapi.ChatNotFound)
	if err := ch.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "send /start") {
		t.Errorf("got %v", err)
	}
}

// Topics of a group share the chat of one bot, even after the bot's token was replaced.
func TestTopicsAreOneChatOfOneBot(t *testing.T) {
	of := func(chat, token string, thread int64) [2]string {
		bot, in := newChannel(t, io.Discard, func(o *telegram.Options) {
			o.ChatID, o.ThreadID, o.Token = chat, thread, secret.New(token)
		}).Chat()
		return [2]string{bot, in}
	}
	group := of("-1001", "123:abc", 0)
	if topic := of("-1001", "123:def", 5); topic != group {
		t.Errorf("a topic is %v, its group %v", topic, group)
	}
	if other := of("-1002", "123:abc", 0); other[0] != group[0] || other[1] == group[1] {
		t.Errorf("another chat of the bot is %v, the first %v", other, group)
	}
	if other := of("-1001", "124:abc", 0); other[0] == group[0] {
		t.Errorf("another bot is %v, the first %v", other, group)
	}
	if of("@Ops", "123:abc", 0) != of("@ops", "123:abc", 0) {
		t.Error("names of channels are compared case-sensitively")
	}
}

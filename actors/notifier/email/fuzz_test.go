package email

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/notifier"
)

// For any replies of a mail server, Send returns, and its error is one line without the password.
func FuzzServer(f *testing.F) {
	const greeted = "220 mx ESMTP\r\n250-mx\r\n250 AUTH PLAIN\r\n235 ok\r\n"
	f.Add(greeted + "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n")
	f.Add("554 no hunter2hunter2\r\n")
	f.Add(greeted[:13] + "250-mx\r\n250 AUTH CRAM-MD5\r\n334 !!!\r\n")
	f.Add(greeted + "250 ok\r\n450 later\r\n550-5.1.1 nobody\r\n550 \u202eaodh2hunter2\r\n")
	f.Add("220-" + strings.Repeat("x", 3000) + "\r\n220 y\r\n")
	f.Add("HTTP/1.1 400 Bad Request\r\n\r\n")
	said := make(chan string, 1)
	listener, err := new(net.ListenConfig).Listen(f.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(<-said))
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	channel := channelTo(f, listener.Addr().String(), "user", "u", "password", "hunter2hunter2")
	f.Fuzz(func(t *testing.T, text string) {
		said <- text
		_, err := channel.Send(t.Context(), batch(alert("dep_down:db", "refused")))
		var failure *notifier.Failure
		if err == nil {
			return
		}
		if !errors.As(err, &failure) {
			t.Fatalf("it fails with %T: %v", err, err)
		}
		if shown := err.Error() + failure.Remedy; strings.Contains(shown, "hunter2hunter2") || strings.ContainsAny(shown, "\r\n\x00\u202e") || len(shown) > 1000 {
			t.Errorf("the error shows %q", shown)
		}
	})
}

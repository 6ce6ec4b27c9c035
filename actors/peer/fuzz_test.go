package peer_test

import (
	"net"
	"strings"
	"testing"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/actors/probe/dependency/servertest"
	"orchestrator-watchdog/messages/secret"
)

// For any answer of a server, the refusal or the error is one line without our token.
func FuzzAnswer(f *testing.F) {
	const token = "hunter2-and-more"
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 500 \n\n",
		"HTTP/1.1 401 hunter2-and-more\r\nContent-Type: text/html\r\n\r\n<title>hunter2-and-more</title>",
		"HTTP/1.1 500 x\r\nContent-Type: application/json\r\n\r\n{\"a\": \"\\u0068unter2-and-more\"}",
		"HTTP/1.1 302 Found\r\nLocation: hunter2-and-more://x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: hunter2-and-more\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhunter2-and-more\r\n",
		"SSH-2.0-hunter2-and-more\r\n", "HTTP/1.1 200 OK\r\nhunter2-and-more\r\n\r\n", "",
	} {
		f.Add(seed)
	}
	answers := make(chan string, 1)
	url := "http://" + servertest.Listen(f, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		select {
		case answer := <-answers:
			_, _ = c.Write([]byte(answer))
		default: // the request after a redirect
		}
	})
	client, err := peer.NewClient(peer.Target{URL: url, Bearer: secret.New(token)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		if strings.Contains(strings.ToLower(answer), "location") && !strings.Contains(answer, "://x\r") {
			t.Skip("it would redirect to another server")
		}
		select {
		case <-answers:
		default:
		}
		answers <- answer
		a, err := client.Get(t.Context(), &peer.Trace{})
		shown := ""
		if err != nil {
			shown = err.Error()
		} else {
			shown = a.Refusal()
			a.Close()
		}
		if strings.Contains(strings.ToLower(shown), token) || strings.ContainsAny(shown, "\r\n") {
			t.Errorf("shown: %q", shown)
		}
	})
}

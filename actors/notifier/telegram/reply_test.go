package telegram_test

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// An answer is silent, and a reply in its topic. With a picture, its text is the caption.
func TestAnAnswerInTheChat(t *testing.T) {
	api := fakeapi.New()
	t.Cleanup(api.Close)
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL = api.URL() })
	for _, a := range []notifier.Reply{
		{HTML: "<b>well</b>", Plain: "well", ReplyTo: 4, Thread: 3},
		{Plain: "host_memory", Picture: func() ([]byte, error) { return []byte("\x89PNG\r\n"), nil }, ReplyTo: 5},
	} {
		if err := ch.Reply(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	m := api.Messages()
	if m[0].Plain != "well" || !m[0].Silent || m[0].ReplyTo != 4 || m[0].Thread != 3 || m[0].Picture {
		t.Errorf("a text: %+v", m[0])
	}
	if m[1].Plain != "host_memory" || !m[1].Silent || m[1].ReplyTo != 5 || !m[1].Picture {
		t.Errorf("a picture: %+v", m[1])
	}
}

// A caption that is too long is cut between characters: Telegram refuses invalid UTF-8.
func TestALongCaptionIsValidText(t *testing.T) {
	api := fakeapi.New()
	t.Cleanup(api.Close)
	ch := newChannel(t, io.Discard, func(o *telegram.Options) { o.APIURL = api.URL() })
	picture := func() ([]byte, error) { return []byte("\x89PNG\r\n"), nil }
	if err := ch.Reply(t.Context(), notifier.Reply{Plain: "x" + strings.Repeat("я", 600), Picture: picture}); err != nil {
		t.Fatal(err)
	}
	if got := api.Messages()[0].Plain; !utf8.ValidString(got) || len(got) < 890 {
		t.Errorf("%d bytes, valid: %t", len(got), utf8.ValidString(got))
	}
}

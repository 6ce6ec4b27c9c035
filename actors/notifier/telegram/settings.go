package telegram

import (
	"errors"
	"strconv"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Kind is this channel's row in the table of kinds.
var Kind = field.Kind{
	Name: "telegram", New: func() field.Settings { return new(Settings) }, Form: `telegram: {chat_id: "-1001234567890"}`,
	Keys:     "chat_id, thread_id; token, api_url and proxy (those of the variables, where they are not set)",
	Examples: []string{`{name: night, telegram: {chat_id: "-1001234567890", thread_id: 5}}`},
}

// Settings are the settings of a chat listed in the file.
type Settings struct {
	ChatID   string
	ThreadID int64
	Bot
}

// Bot holds the settings of a bot. Those that are not set come from the variables (see Or).
type Bot struct {
	Token  secret.Text
	APIURL string
	Proxy  secret.Text
	peer.TLS
}

// Or returns b with its unset settings taken from other.
func (b Bot) Or(other Bot) Bot {
	if !b.Token.Set() {
		b.Token = other.Token
	}
	if b.APIURL == "" {
		b.APIURL = other.APIURL
	}
	if !b.Proxy.Set() {
		b.Proxy = other.Proxy
	}
	if b.TLS == (peer.TLS{}) {
		b.TLS = other.TLS
	}
	return b
}

// Fields implements field.Settings.
func (s *Settings) Fields() []field.Field {
	return append(s.TLS.Fields(),
		field.Of("chat_id", &s.ChatID, field.Chat), field.Of("thread_id", &s.ThreadID, field.Topic),
		s.token(), field.Of("api_url", &s.APIURL, field.URL).Hiding(secret.InURL), s.proxy())
}

// Check implements field.Settings.
func (s *Settings) Check() []error {
	if s.ChatID == "" {
		return []error{errors.New("telegram needs a chat_id")}
	}
	return nil
}

// String implements field.Settings.
func (s *Settings) String() string {
	shown := "telegram " + s.ChatID
	if s.ThreadID != 0 {
		shown += ", thread_id " + strconv.FormatInt(s.ThreadID, 10)
	}
	if s.Token.Set() {
		shown += ", token " + secret.Mask
	}
	return shown
}

// Make implements notifier.Settings.
func (s *Settings) Make(setup notifier.Setup) (notifier.Channel, error) {
	if !s.Token.Set() {
		return nil, &notifier.Problem{Err: errors.New("it has no token: set WATCHDOG_TELEGRAM_TOKEN, or token or token_file here")}
	}
	trust, err := peer.LoadTLS(s.TLS)
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	c, err := New(Options{
		Name: setup.Name, Token: s.Token, ChatID: s.ChatID, ThreadID: s.ThreadID, APIURL: s.APIURL, Proxy: s.Proxy, Trust: trust,
		Style: setup.Style(MaxText), Buttons: setup.Buttons, Log: setup.Log,
	})
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	return c, nil
}

// Paced implements notifier.Settings.
func (s *Settings) Paced() bool { return true }

// Recipient implements notifier.Settings. The bot is part of it, since another bot can't reply to
// this one's messages.
func (s *Settings) Recipient() string {
	return botID(s.Token) + " in " + s.ChatID
}

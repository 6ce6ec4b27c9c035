package email

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Kind is this channel's row in the table of kinds.
var Kind = field.Kind{
	Name: "email", New: func() field.Settings { return &Settings{Security: startTLS} },
	Form: `email: {server: "mail:587", from: w@example.org, to: [ops@example.org]}`,
	Keys: "server (host:port; default port: 587, of tls: implicit 465, of none 25), tls (starttls, implicit or none; default: starttls), user with password, from, to (a list)",
	Examples: []string{
		`{name: mail, email: {server: "mail.example.org:587", from: "Watchdog <w@example.org>", to: [ops@example.org]}} # and user with password_file`,
	},
}

// The values of the setting tls.
const (
	startTLS = "starttls" // encrypted with STARTTLS, or not used at all
	implicit = "implicit" // encrypted from the first byte
	plain    = "none"
)

// ports are the default ports.
var ports = map[string]string{startTLS: "587", implicit: "465", plain: "25"}

// Settings are the settings of a mail channel.
type Settings struct {
	Server   string // host:port or host
	Security string // starttls, implicit, none
	User     string // empty: no login
	Password secret.Text
	From     *mail.Address
	To       []*mail.Address
	peer.TLS
}

// Fields implements field.Settings.
func (s *Settings) Fields() []field.Field {
	return append(s.TLS.Fields(),
		field.Of("server", &s.Server, server),
		field.Of("tls", &s.Security, security),
		field.Of("user", &s.User, line),
		field.Secret("password", &s.Password),
		field.Of("from", &s.From, address),
		field.ListOf("to", &s.To, address),
	)
}

// Check implements field.Settings.
func (s *Settings) Check() []error {
	var problems []error
	if s.Server == "" {
		problems = append(problems, errors.New("email needs a server"))
	}
	if s.From == nil {
		problems = append(problems, errors.New("email needs from: the sender's address"))
	}
	if len(s.To) == 0 {
		problems = append(problems, errors.New("email needs to: the recipients' addresses"))
	}
	if (s.User == "") != !s.Password.Set() {
		problems = append(problems, errors.New("user and password must be set together"))
	}
	if s.Security == plain && s.TLS != (peer.TLS{}) {
		problems = append(problems, errors.New("ca_file, cert_file, key_file, server_name and insecure_skip_verify need tls: starttls or implicit"))
	}
	return problems
}

// String implements field.Settings.
func (s *Settings) String() string {
	shown := fmt.Sprintf("email %s, tls %s", s.Server, s.Security)
	if s.User != "" {
		shown += ", user " + s.User
	}
	return shown + ", from " + addressOf(s.From) + ", to " + strings.Join(s.recipients(), " ")
}

// Format implements fmt.Formatter, so that no verb shows the password.
func (s *Settings) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Paced implements notifier.Settings.
func (s *Settings) Paced() bool { return false }

// Recipient implements notifier.Settings.
func (s *Settings) Recipient() string { return strings.Join(s.recipients(), " ") }

// recipients returns the addresses of all recipients.
func (s *Settings) recipients() []string {
	all := make([]string, len(s.To))
	for i, to := range s.To {
		all[i] = addressOf(to)
	}
	return all
}

func addressOf(a *mail.Address) string {
	if a == nil {
		return ""
	}
	return a.Address
}

// Make implements notifier.Settings.
func (s *Settings) Make(setup notifier.Setup) (notifier.Channel, error) {
	trust, err := peer.LoadTLS(s.TLS)
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		host, port = strings.Trim(s.Server, "[]"), ports[s.Security]
	}
	return &Channel{Settings: s, setup: setup, trust: trust, host: host, port: port, cleaner: secret.NewCleaner(s.Password.Reveal())}, nil
}

// server accepts host:port or a host alone.
func server(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, field.IsBlank) || strings.Contains(s, "/") {
		return "", errors.New("this is not a host or host:port of a mail server")
	}
	if strings.Count(s, ":") == 1 || strings.Contains(s, "]:") {
		return field.HostPort(s)
	}
	return s, nil
}

func security(s string) (string, error) {
	if s = strings.ToLower(s); !slices.Contains([]string{startTLS, implicit, plain}, s) {
		return "", fmt.Errorf("%q is not starttls, implicit or none", s)
	}
	return s, nil
}

func line(s string) (string, error) {
	if strings.ContainsFunc(s, field.IsControl) {
		return "", errors.New("this holds control characters")
	}
	return s, nil
}

// address parses an address, with or without a name. Its domain is converted to ASCII, for name
// servers.
func address(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(s, unicode.IsControl) {
		return nil, errors.New("this is not an address such as ops@example.org or Ops <ops@example.org>")
	}
	local, domain := cutLast(a.Address, "@")
	if domain, err = peer.ASCII(domain); err != nil {
		return nil, err
	}
	a.Address = local + "@" + domain
	return a, nil
}

func cutLast(s, separator string) (before, after string) {
	at := strings.LastIndex(s, separator)
	if at < 0 {
		return s, ""
	}
	return s[:at], s[at+len(separator):]
}

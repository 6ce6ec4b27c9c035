package alertmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Kind is this channel's row in the table of kinds.
var Kind = field.Kind{
	Name: "alertmanager", New: func() field.Settings { return new(Settings) }, Form: `alertmanager: {url: "http://alertmanager:9093"}`, Keys: "url, and user with password or a token (bearer)",
	Examples: []string{`{name: prod, alertmanager: {url: "http://alertmanager:9093"}} # with user and password_file, or token_file; one entry for each of a cluster`},
	Note:     "Each Alertmanager of a cluster is a channel of its own: Alertmanagers do not pass alerts on to each other.",
}

// Variables are the Alertmanagers that a variable lists, and how all of them are trusted.
type Variables struct {
	URLs []string
	peer.TLS
}

// Fields implements field.Declared.
func (v *Variables) Fields() []field.Field {
	urls := field.ListOf("url", &v.URLs, field.URL).OrFile().By("WATCHDOG_ALERTMANAGER_URL").With(field.About{
		Example: "http://alertmanager:9093", Doc: "comma-separated Alertmanager base URLs; alerts also go to /api/v2/alerts of each",
	})
	return field.Below("alertmanager", append([]field.Field{urls}, v.TLS.Fields()...))
}

// Settings are the settings of an Alertmanager listed in the file.
type Settings struct {
	URL      secret.Text // may hold a user and password
	User     string      // empty: the one of the URL, if any
	Password secret.Text
	Token    secret.Text // a bearer token, instead of user and password
	peer.TLS
}

// Fields implements field.Settings.
func (s *Settings) Fields() []field.Field {
	address := field.Of("url", &s.URL, field.SecretURL).Hiding(secret.InURL).OrFile()
	return append(s.TLS.Fields(), address, field.Of("user", &s.User, userName), field.Secret("password", &s.Password), field.Secret("token", &s.Token))
}

// Check implements field.Settings.
func (s *Settings) Check() []error {
	var problems []error
	if !s.URL.Set() {
		problems = append(problems, errors.New("alertmanager needs a url or url_file"))
	}
	if (s.User == "") != !s.Password.Set() {
		problems = append(problems, errors.New("user and password must be set together"))
	}
	u, err := url.Parse(s.URL.Reveal())
	inURL := err == nil && u.User != nil
	if ways := count(inURL, s.User != "" || s.Password.Set(), s.Token.Set()); ways > 1 {
		problems = append(problems, errors.New("a user in the url, user with password, and token exclude each other: an Alertmanager takes one Authorization"))
	}
	return problems
}

func count(all ...bool) (n int) {
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}

// userName reads the user of basic auth. RFC 7617 forbids a colon in it.
func userName(s string) (string, error) {
	if strings.ContainsFunc(s, field.IsControl) || strings.Contains(s, ":") {
		return "", errors.New("a user holds no colon and no control characters")
	}
	return s, nil
}

// String implements field.Settings.
func (s *Settings) String() string {
	shown := "alertmanager " + secret.MaskURL(s.URL.Reveal())
	if s.User != "" {
		shown += ", user " + s.User
	}
	if s.Token.Set() {
		shown += ", with a token"
	}
	return shown
}

// Make implements notifier.Settings.
func (s *Settings) Make(setup notifier.Setup) (notifier.Channel, error) {
	trust, err := peer.LoadTLS(s.TLS)
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	c, err := New(Options{
		Name: setup.Name, URL: s.URL.Reveal(), User: s.User, Password: s.Password, Token: s.Token,
		Host: setup.Host, Labels: setup.Labels, Handbook: setup.Handbook, Trust: trust,
	})
	if err != nil {
		return nil, &notifier.Problem{Field: "url", Err: err}
	}
	return c, nil
}

// Paced implements notifier.Settings.
func (s *Settings) Paced() bool { return false }

// Recipient implements notifier.Settings.
func (s *Settings) Recipient() string {
	sum := sha256.Sum256([]byte(s.URL.Reveal()))
	return hex.EncodeToString(sum[:])
}

package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Kinds lists the kinds of webhooks: one for each form.
var Kinds = kinds()

func kinds() []field.Kind {
	var all []field.Kind
	for _, f := range forms {
		all = append(all, field.Kind{
			Name: f.kind, New: func() field.Settings { return &Settings{form: f} }, Keys: strings.Join(append([]string{"url"}, f.keys...), ", "), Examples: []string{f.example},
			Form: f.kind + `: {url: "https://…"}`,
		})
	}
	return all
}

// Settings are the settings of a channel of one of the Kinds.
type Settings struct {
	form *form

	URL      secret.Text       // webhook: may have placeholders after the host
	Token    secret.Text       // ntfy, gotify, matrix
	Headers  map[string]string // webhook: may have placeholders
	Body     string            // webhook: may have placeholders; empty: a JSON object of all values
	Priority int               // ntfy, gotify: for messages that ring; 0: 5 (ntfy) or 8 (gotify)
	Tags     []string          // ntfy: further tags; apprise: the tags to notify
	Click    string            // ntfy: a URL that may have placeholders
	Room     string            // matrix: the room's id
	peer.TLS
}

// Fields implements field.Settings.
func (s *Settings) Fields() []field.Field {
	address := field.Of("url", &s.URL, webAddress).Hidden().Hiding(s.secretsInURL).OrFile()
	all := append(s.TLS.Fields(), address)
	for _, f := range []field.Field{
		field.Secret("token", &s.Token),
		field.MapOf("headers", &s.Headers, headerName, field.HeaderValue).Hiding(secretsInHeader),
		field.Of("body", &s.Body, field.Text).Hiding(secretsIn),
		field.Of("priority", &s.Priority, priority),
		field.ListOf("tags", &s.Tags, field.Name),
		field.Of("click", &s.Click, field.HeaderValue),
		field.Of("room", &s.Room, room),
	} {
		if slices.Contains(s.form.keys, f.Name) {
			all = append(all, f)
		}
	}
	return all
}

// Check implements field.Settings.
func (s *Settings) Check() []error {
	var problems []error
	if !s.URL.Set() {
		problems = append(problems, fmt.Errorf("%s needs a url or url_file", s.form.kind))
	}
	if s.form.kind == "gotify" && !s.Token.Set() || s.form.kind == "matrix" && !s.Token.Set() {
		problems = append(problems, fmt.Errorf("%s needs a token or token_file", s.form.kind))
	}
	if s.form.kind == "matrix" && s.Room == "" {
		problems = append(problems, errors.New("matrix needs a room"))
	}
	return problems
}

// String implements field.Settings. It shows only the host of the URL, since the rest may be a
// secret.
func (s *Settings) String() string {
	u, err := url.Parse(strings.TrimSpace(s.URL.Reveal()))
	if err != nil {
		return s.form.kind + " " + secret.Mask
	}
	shown := s.form.kind + " " + u.Scheme + "://" + u.Host
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		shown += "/" + secret.Mask
	}
	if s.Room != "" {
		shown += ", room " + s.Room
	}
	return shown
}

// Format implements fmt.Formatter, so that no verb shows a header or a body.
func (s *Settings) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Paced implements notifier.Settings.
func (s *Settings) Paced() bool { return s.form.pace }

// Recipient implements notifier.Settings. It returns a hash of the address.
func (s *Settings) Recipient() string {
	sum := sha256.Sum256([]byte(s.form.kind + "\n" + s.URL.Reveal() + "\n" + s.Room + "\n" + strings.Join(s.Tags, ",")))
	return hex.EncodeToString(sum[:])
}

func webAddress(s string) (secret.Text, error) {
	return field.SecretURL(strings.TrimSpace(s))
}

func headerName(s string) (string, error) {
	if name := textproto.CanonicalMIMEHeaderKey(s); name == "" || strings.ContainsFunc(name, field.IsBlank) || strings.ContainsAny(name, ":{}") {
		return "", errors.New("this is not the name of a header")
	}
	return s, nil
}

func priority(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 10 {
		return 0, fmt.Errorf("%q is not a whole number from 1 to 10", s)
	}
	return n, nil
}

func room(s string) (string, error) {
	if !strings.HasPrefix(s, "!") || strings.ContainsFunc(s, field.IsBlank) {
		return "", errors.New("this is not the id of a room, such as !abc:example.org: the room's settings show it")
	}
	return s, nil
}

// minSecretPart is the length from which a part of a path counts as a secret, in bytes.
const minSecretPart = 16

// secretsInURL returns the parts of a URL that may be secrets: credentials, long parts of the
// path and, if the form has a token there, the last part of the path.
func (s *Settings) secretsInURL(text string) []string {
	all := secret.InURL(text)
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return all
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i, part := range parts {
		if len(part) >= minSecretPart || s.form.secretPath && i == len(parts)-1 {
			all = append(all, part)
		}
	}
	return all
}

// secretsInHeader treats every value as a secret, except media types.
func secretsInHeader(text string) []string {
	if kind, _, err := mime.ParseMediaType(text); err == nil && strings.Contains(kind, "/") {
		return nil
	}
	return []string{text}
}

// secretsIn returns the strings in a JSON body whose keys are names of secrets.
func secretsIn(body string) []string {
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return nil
	}
	return named(value, "")
}

func named(value any, key string) (all []string) {
	switch v := value.(type) {
	case string:
		if secret.IsSecretName(key) && !placeholder.MatchString(v) {
			all = append(all, v)
		}
	case []any:
		for _, one := range v {
			all = append(all, named(one, key)...)
		}
	case map[string]any:
		for name, one := range v {
			all = append(all, named(one, name)...)
		}
	}
	return all
}

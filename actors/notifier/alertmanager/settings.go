package alertmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// Kind is the row of this channel in the table of kinds.
var Kind = field.Kind{
	Name: "alertmanager", New: func() field.Settings { return new(Settings) }, Form: `alertmanager: {url: "http://alertmanager:9093"}`, Keys: "url",
	Examples: []string{`{name: prod, alertmanager: {url: "http://alertmanager:9093"}}`},
}

// Settings are those of an Alertmanager that the file lists.
type Settings struct {
	URL secret.Text // may hold a user and password
	peer.TLS
}

// Fields implements field.Settings.
func (s *Settings) Fields() []field.Field {
	address := field.Of("url", &s.URL, func(text string) (secret.Text, error) { return secret.New(text), field.CheckURL(text, "http", "https") }).Hiding(secret.InURL)
	address.File = true
	return append(s.TLS.Fields(), address)
}

// Check implements field.Settings.
func (s *Settings) Check() []error {
	if !s.URL.Set() {
		return []error{errors.New("alertmanager needs a url or url_file")}
	}
	return nil
}

// String implements field.Settings.
func (s *Settings) String() string { return "alertmanager " + secret.MaskURL(s.URL.Reveal()) }

// Make implements notifier.Settings.
func (s *Settings) Make(setup notifier.Setup) (notifier.Channel, error) {
	trust, err := peer.LoadTLS(s.TLS)
	if err != nil {
		return nil, &notifier.Problem{Err: err}
	}
	c, err := New(Options{Name: setup.Name, URL: s.URL.Reveal(), Host: setup.Host, Labels: setup.Labels, Handbook: setup.Handbook, Trust: trust})
	if err != nil {
		return nil, &notifier.Problem{Field: "url", Err: err}
	}
	return c, nil
}

// Paced implements notifier.Settings.
func (s *Settings) Paced() bool { return false }

// Files implements notifier.Settings.
func (s *Settings) Files() []string { return s.TLS.Files() }

// Reach implements notifier.Settings.
func (s *Settings) Reach() string {
	sum := sha256.Sum256([]byte(s.URL.Reveal()))
	return hex.EncodeToString(sum[:])
}

package notifier

import (
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config/field"
)

// Settings are the settings of a channel listed in the file. The package of each kind of channel
// implements them.
type Settings interface {
	field.Settings
	// Make makes the channel without any request. Its error joins every *Problem.
	Make(Setup) (Channel, error)
	// Paced reports whether the channel is a chat, with a limit on messages a minute.
	Paced() bool
	// Files returns the paths of the files that its TLS settings read.
	Files() []string
	// Recipient identifies the recipient, so that a reload notices a new one. It is compared and
	// never shown.
	Recipient() string
}

// Setup holds what a channel needs besides its own settings.
type Setup struct {
	Name    string
	Host    string         // the name of the watched host
	Zone    *time.Location // for the times shown
	Buttons bool           // a poller handles presses of buttons under messages
	Log     *zap.Logger
	Common
}

// Style returns the style of messages with at most limit UTF-16 code units.
func (s Setup) Style(limit int) Style {
	return Style{Host: s.Host, Zone: s.Zone, Handbook: s.Handbook, Limit: limit}
}

// Problem is an error in one setting of a channel.
type Problem struct {
	Field string // the setting's path below the kind, such as headers.X-Key; empty: all settings
	Err   error
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Field == "" {
		return p.Err.Error()
	}
	return p.Field + ": " + p.Err.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

package notifier

import (
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/config/field"
)

// Settings are those of a channel that the file lists: one of the kinds that the packages of
// channels declare.
type Settings interface {
	field.Settings
	// Make makes the channel and asks nobody. Its error joins every *Problem.
	Make(Setup) (Channel, error)
	// Paced tells whether it is a chat, with a limit on messages a minute.
	Paced() bool
	// Files lists the files that its TLS reads.
	Files() []string
	// Reach is whom it reaches, in no form that is shown.
	Reach() string
}

// Setup is what a channel is given beside its own settings.
type Setup struct {
	Name     string
	Host     string            // the name of the watched host
	Zone     *time.Location    // of the times shown
	Handbook string            // base URL of docs/operations.md as it is published; empty: no links
	Labels   map[string]string // WATCHDOG_LABELS
	Buttons  bool              // somebody hears when a button under a message is pressed
	Log      *zap.Logger
}

// Style is the style of messages with at most limit UTF-16 code units.
func (s Setup) Style(limit int) Style {
	return Style{Host: s.Host, Zone: s.Zone, Handbook: s.Handbook, Limit: limit}
}

// Problem is what is wrong with one of a channel's settings.
type Problem struct {
	Field string // its path below the kind, as headers.X-Key; empty: the whole
	Err   error
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Field == "" {
		return p.Err.Error()
	}
	return p.Field + ": " + p.Err.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

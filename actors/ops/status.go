package ops

import (
	"time"

	"orchestrator-watchdog/messages"
)

// Status is the JSON of /status.
type Status struct {
	Version   string    `json:"version"`
	Host      string    `json:"host"`
	StartedAt time.Time `json:"started_at"`
	Now       time.Time `json:"now"`
	Signals   []Signal  `json:"signals"`
	Silences  []Silence `json:"silences"`
	Probes    []Probe   `json:"probes"`
	Channels  []Channel `json:"channels"`
}

// Signal is one signal in Status.
type Signal struct {
	Key       messages.Key   `json:"key"`
	Level     messages.Level `json:"level"` // of the last observation
	Announced messages.Level `json:"announced"`
	Since     *time.Time     `json:"since"` // of the present trouble; null: there is none
	Value     *float64       `json:"value"`
	Detail    string         `json:"detail"`
	// Acknowledged says who has taken the trouble on; null: nobody.
	Acknowledged *Acknowledged `json:"acknowledged"`
	SilencedBy   []string      `json:"silenced_by"` // ids
}

// Acknowledged is an acknowledgement in Status.
type Acknowledged struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Silence is one silence in Status.
type Silence struct {
	ID      string    `json:"id"`
	Signals []string  `json:"signals"` // key globs
	Until   time.Time `json:"until"`
	By      string    `json:"by"`
	Reason  string    `json:"reason"`
}

// Probe is one probe in Status.
type Probe struct {
	Name       string     `json:"name"`
	State      string     `json:"state"` // starting, ok, failing
	LastReport *time.Time `json:"last_report"`
	LastError  string     `json:"last_error"` // of the last report; empty: it was a good one
}

// Channel is one channel in Status.
type Channel struct {
	Name      string     `json:"name"`
	Pending   int        `json:"pending"`
	LastOK    *time.Time `json:"last_ok"`
	LastError string     `json:"last_error"`
}

// Source is where the server learns how things are. Its methods are called from
// several goroutines and do not block.
type Source interface {
	// Health tells whether the actors make progress, and why not. A target that is
	// down is not ill health.
	Health() (reasons []string)
	// Ready tells whether every probe has reported once.
	Ready() bool
	Status() Status
}

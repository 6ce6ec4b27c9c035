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
	Since     *time.Time     `json:"since"` // when the present trouble began; null: none
	Value     *float64       `json:"value"`
	Detail    string         `json:"detail"`
	// Acknowledged is null if nobody has acknowledged the trouble.
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
	LastError  string     `json:"last_error"` // of the last report; empty: it succeeded
}

// Channel is one channel in Status.
type Channel struct {
	Name      string     `json:"name"`
	Pending   int        `json:"pending"`
	LastOK    *time.Time `json:"last_ok"`
	LastError string     `json:"last_error"`
}

// Source provides the state of the watchdog. Its methods must be safe for concurrent use
// and must not block.
type Source interface {
	// Health returns why the watchdog is unhealthy: actors that make no progress. None
	// means healthy. Failing targets do not count.
	Health() (reasons []string)
	// Ready reports whether every probe has reported once.
	Ready() bool
	Status() Status
}

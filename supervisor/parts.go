package supervisor

import (
	"context"
	"reflect"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
)

// Parts configure a Tree. Production makes them from the configuration, and tests make only what
// they need.
type Parts struct {
	Tick     time.Duration
	Settings *core.Settings
	Probes   []ProbePart
	Channels []ChannelPart
	// Services makes the services on which no other actor depends: the HTTP server, the heartbeat.
	Services func(*Tree) []Service
	// Context returns lines about a signal for messages; see notifier.Options. nil: none.
	Context func(context.Context, messages.Notification) notifier.Lines
	// OnReport receives every report; it must not block. May be nil.
	OnReport func(messages.Report)
	// OnDelivered receives the receipt of every delivered message; it must not block. May be nil.
	OnDelivered func(*Tree, messages.Receipt)
	State       *core.State // of a former run; nil: none
	Log         *zap.Logger
	Metrics     Metrics
	Now         func() time.Time
	// SaveState saves a state across restarts and reports whether it succeeded. It handles its own
	// errors. nil: the state is not saved.
	SaveState func(core.State) (kept bool)
}

// ProbePart configures one probe.
type ProbePart struct {
	Name     string
	Probe    probe.Probe
	Interval time.Duration
	Confirm  time.Duration // 0: Interval
	Phase    time.Duration
	Deadline time.Duration
	Wake     <-chan struct{} // may be nil
	// Witness is true for the probe that checks our own uplink. It is read as soon as a target
	// fails, and its result counts only while a target fails.
	Witness bool
	// AfterOthers is true for a probe that uses what the others saw. In a single pass it comes
	// after them.
	AfterOthers bool
	// Services makes the services that the probe needs. They are restarted and stopped with it.
	// nil: none.
	Services func(*zap.Logger) []Service
	// Spec holds everything that the probe was made from. A reload with an equal Spec keeps the
	// probe running.
	Spec any
}

func (p ProbePart) name() string { return p.Name }

// Same reports whether a running probe can keep running in place of the other.
func (p ProbePart) Same(other ProbePart) bool {
	return p.Spec != nil && reflect.DeepEqual(p.Spec, other.Spec) &&
		p.Interval == other.Interval && p.Confirm == other.Confirm && p.Deadline == other.Deadline
}

// ChannelPart configures one channel.
type ChannelPart struct {
	Channel notifier.Channel
	Paced   bool // the channel is a chat, with a limit on messages a minute
	// Spec holds everything that the channel was made from, as in ProbePart.
	Spec any
	// Recipient identifies the recipient. A recipient that is new after a reload was told nothing yet.
	Recipient string
}

func (p ChannelPart) name() string { return p.Channel.Name() }

// Same reports whether a running channel can keep running in place of the other.
func (p ChannelPart) Same(other ChannelPart) bool {
	return p.Spec != nil && reflect.DeepEqual(p.Spec, other.Spec)
}

// Metrics receives the events that the tree counts.
type Metrics interface {
	CrashCounter
	ProbeReported(probe string, took time.Duration, failed bool)
	ProbeRemoved(probe string)
	Ticked(at time.Time)
	Notified(channel, outcome string)
	ChannelAdded(channel string) // the channel exists, so its counters start at 0
}

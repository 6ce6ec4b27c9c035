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

// Parts are what a Tree is made of: everything that touches the world, and the numbers.
// Production makes them of the configuration, tests of what they need.
type Parts struct {
	Tick     time.Duration
	Settings *core.Settings
	Probes   []ProbePart
	Channels []ChannelPart
	// Services makes the services that nothing waits for: the HTTP server, the heartbeat.
	Services func(*Tree) []Service
	// Context gives lines about a signal for messages; see notifier.Options. nil: none.
	Context func(context.Context, messages.Notification) notifier.Lines
	// Heard is told every report, beside the core; it must not block. nil: nobody.
	Heard func(messages.Report)
	// Delivered is told every message that arrived; it must not block. nil: nobody.
	Delivered func(*Tree, messages.Receipt)
	State     *core.State // of a former run; nil: nothing was told yet
	Log       *zap.Logger
	Metrics   Metrics
	Now       func() time.Time
	// Keep keeps a state across restarts, tells whether it could, and handles its own
	// errors; nil: nothing is kept.
	Keep func(core.State) (kept bool)
}

// ProbePart is one row of the table of probes.
type ProbePart struct {
	Name     string
	Probe    probe.Probe
	Interval time.Duration
	Confirm  time.Duration // 0: Interval
	Phase    time.Duration
	Deadline time.Duration
	Wake     <-chan struct{} // may be nil
	// Witness says that the probe looks at our own uplink: it is read as soon as a target
	// fails, and what it sees counts only while one does.
	Witness bool
	// AfterOthers says that the probe looks at what the others saw: in a single pass it
	// comes behind them.
	AfterOthers bool
	// Services makes the services that the probe needs running: restarted and stopped with it.
	// nil: none.
	Services func(*zap.Logger) []Service
	// Spec is what the probe was made of: after a reload a probe with an equal one keeps running.
	Spec any
}

func (p ProbePart) name() string { return p.Name }

// Same tells whether a running probe is as wanted, and may keep what it knows.
func (p ProbePart) Same(other ProbePart) bool {
	return p.Spec != nil && reflect.DeepEqual(p.Spec, other.Spec) &&
		p.Interval == other.Interval && p.Confirm == other.Confirm && p.Deadline == other.Deadline
}

// ChannelPart is one channel of delivery.
type ChannelPart struct {
	Channel notifier.Channel
	Paced   bool // a chat has a pace to keep
	// Spec is what the channel was made of, as that of a probe.
	Spec any
	// Reach is whom it reaches: where that differs after a reload, they were told nothing yet.
	Reach string
}

func (p ChannelPart) name() string { return p.Channel.Name() }

// Same tells whether a running channel is as wanted.
func (p ChannelPart) Same(other ChannelPart) bool {
	return p.Spec != nil && reflect.DeepEqual(p.Spec, other.Spec)
}

// Metrics is what the tree counts.
type Metrics interface {
	CrashCounter
	ProbeReported(probe string, took time.Duration, failed bool)
	ProbeGone(probe string)
	Ticked(at time.Time)
	Notified(channel, outcome string)
	Expect(channel string) // it is there, and was told nothing yet
}

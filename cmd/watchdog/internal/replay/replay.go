package replay

import (
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

// Options are the options of a replay.
type Options struct {
	Settings *core.Settings
	Fill     bool
	// IgnoreOperators ignores acknowledgements and silences.
	IgnoreOperators bool
	// Told is called with each notification that would have been sent.
	Told func(core.Told)
	// Channels are the names of the channels whose routes are followed. They deliver at once,
	// except those that fail according to the log.
	Channels []string
	// OnChannel is called with each notification for a channel; nil: routes are not followed.
	OnChannel func(channel string, n messages.Notification)
	// Unreadable is called with each line that can't be read; the replay continues.
	Unreadable func(line int, err error)
}

// Summary is the result of a replay.
type Summary struct {
	Lines        int
	Observations int // read from lines
	Filled       int // added by Fill
	Unreadable   int
	Told         map[messages.News]int
	BySignal     map[messages.Key]int // notifications
	From, To     time.Time            // of the observations
}

// Run replays the log to its end. It returns the error of the reader.
func Run(log io.Reader, o Options) (Summary, error) {
	p := &player{
		Options: o,
		sum:     Summary{Told: make(map[messages.News]int), BySignal: make(map[messages.Key]int)},
		filler:  newFiller(o.Settings.Tick),
		inBatch: make(map[messages.Key]bool),
		probes:  make(map[string]bool),
		failing: make(map[messages.Key]bool),
	}
	err := p.play(newLines(log))
	p.deliver(p.latest.Add(core.MaxQuiet)) // what waits for other news or for the end of a quiet time
	return p.sum, err
}

// player is a running replay. Observations of the same time and probe are one report,
// as in the daemon, so their order does not matter.
type player struct {
	Options
	sum     Summary
	state   core.State
	begun   bool
	latest  time.Time
	filler  *filler
	batch   messages.Report
	inBatch map[messages.Key]bool
	probes  map[string]bool // all that have reported

	receipts uint64
	failing  map[messages.Key]bool // by watchdog_delivery:NAME: it is up, according to the log
}

func (p *player) play(in *lines) error {
	for {
		line, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			p.fill(p.latest, true)
			p.flush()
			return nil
		case errors.Is(err, errTooLong):
			p.sum.Lines++
			p.unreadable(in.number, err)
		case err != nil:
			return err
		default:
			p.sum.Lines++
			if len(line) > 0 {
				p.line(in.number, line)
			}
		}
	}
}

func (p *player) line(number int, line []byte) {
	r, err := parse(line)
	switch {
	case errors.Is(err, errOther):
	case err != nil:
		p.unreadable(number, err)
	default:
		p.apply(r)
	}
}

// apply applies one record at its time. A ts that goes back is taken as the latest time seen.
func (p *player) apply(r record) {
	if r.what == asked && p.IgnoreOperators {
		return
	}
	if r.at.Before(p.latest) {
		r.at = p.latest
	}
	p.fill(r.at, false)
	if r.what == observed {
		p.sum.Observations++
		p.observe(r)
		if p.Fill {
			p.filler.observed(r)
		}
		return
	}
	p.flush()
	p.begin(r.at)
	switch r.what {
	case retired:
		p.filler.forget(r.obs.Signal)
		p.step(messages.Retired{At: r.at, Signal: r.obs.Signal})
	case renamed:
		p.filler.forget(r.obs.Signal)
		p.step(messages.Report{At: r.at, Renamed: []messages.Rename{{From: r.obs.Signal, To: r.to}}})
	case restarted:
		p.filler.forget("")
		p.state = core.New(p.Settings, r.at)
		p.open(r.at)
		p.awaitFirstPass(r)
	case resumed:
		p.filler.forget("")
		p.resume(r.at)
		p.awaitFirstPass(r)
	case asked:
		p.step(r.request.message(r.at))
	case observed:
	}
}

// awaitFirstPass tells the core the probes whose first reports news waits for (rule 5). It also
// names probes seen before the restart, because a retirement has a line of its own, but does not
// wait for them: they may not exist any more, or be the core itself.
func (p *player) awaitFirstPass(r record) {
	if len(r.first) == 0 {
		return
	}
	p.step(messages.Roster{At: r.at, Probes: slices.AppendSeq(slices.Clone(r.first), maps.Keys(p.probes)), Channels: p.Channels})
	for name := range p.probes {
		if !slices.Contains(r.first, name) {
			p.step(messages.Report{At: r.at, Probe: name})
		}
	}
}

// resume restarts with a snapshot, as the daemon does.
func (p *player) resume(at time.Time) {
	text, err := p.state.Snapshot()
	if err == nil {
		var state core.State
		if state, err = core.Restore(text, p.Settings, at); err == nil {
			p.state = state
			return
		}
	}
	p.state = core.New(p.Settings, at) // like a daemon that can't read its snapshot
}

func (p *player) unreadable(line int, err error) {
	p.sum.Unreadable++
	p.Unreadable(line, err)
}

func (p *player) fill(until time.Time, inclusive bool) {
	if !p.Fill {
		return
	}
	p.filler.until(until, inclusive, func(r record) {
		p.sum.Filled++
		p.observe(r)
	})
}

// begin creates the state if there is none yet.
func (p *player) begin(at time.Time) {
	if !p.begun {
		p.state, p.begun = core.New(p.Settings, at), true
		p.sum.From = at
		p.open(at)
	}
	p.latest = at
}

func (p *player) observe(r record) {
	p.begin(r.at)
	if p.OnChannel != nil && r.obs.Signal.Kind() == "watchdog_delivery" {
		p.failing[r.obs.Signal] = r.obs.Level > messages.OK
	}
	p.sum.To = r.at
	p.probes[r.probe] = true
	if r.obs.Signal.OneShot() {
		p.flush()
		p.step(messages.Edge{At: r.at, Probe: r.probe, Observation: r.obs})
		return
	}
	if !r.at.Equal(p.batch.At) || r.probe != p.batch.Probe || p.inBatch[r.obs.Signal] {
		p.flush()
	}
	p.batch.At, p.batch.Probe = r.at, r.probe
	p.batch.Observations = append(p.batch.Observations, r.obs)
	p.inBatch[r.obs.Signal] = true
}

func (p *player) flush() {
	if len(p.batch.Observations) == 0 {
		return
	}
	p.step(p.batch)
	p.batch.Observations = p.batch.Observations[:0]
	clear(p.inBatch)
}

func (p *player) step(m messages.Message) {
	var effects []core.Effect
	p.state, effects = core.Step(p.state, m)
	for _, e := range effects {
		if told, ok := e.(core.Told); ok {
			p.sum.Told[told.Notification.News]++
			p.sum.BySignal[told.Notification.Signal]++
			p.Told(told)
		}
	}
	if _, isReceipt := m.(messages.Receipt); !isReceipt {
		p.deliver(m.When())
	}
}

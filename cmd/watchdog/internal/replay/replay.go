package replay

import (
	"errors"
	"io"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

// Options say how to replay.
type Options struct {
	Settings *core.Settings
	Fill     bool
	// Told is called with each notification that would have been sent.
	Told func(core.Told)
	// Unreadable is called with each line that can't be read; it does not end the replay.
	Unreadable func(line int, err error)
}

// Summary is what a replay came to.
type Summary struct {
	Lines        int
	Observations int // read from lines
	Filled       int // observed again by Fill
	Unreadable   int
	Told         map[messages.News]int
	BySignal     map[messages.Key]int // notifications
	From, To     time.Time            // of the observations
}

// Run replays the log to its end. The error is that of the reader.
func Run(log io.Reader, o Options) (Summary, error) {
	p := &player{
		Options: o,
		sum:     Summary{Told: make(map[messages.News]int), BySignal: make(map[messages.Key]int)},
		filler:  newFiller(o.Settings.Tick),
		inBatch: make(map[messages.Key]bool),
	}
	err := p.play(newLines(log))
	return p.sum, err
}

// player is a replay under way. Observations of the same time travel in one report,
// as they did in the daemon: their order does not matter then.
type player struct {
	Options
	sum     Summary
	state   core.State
	begun   bool
	latest  time.Time
	filler  *filler
	batch   messages.Report
	inBatch map[messages.Key]bool
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
		p.sum.Observations++
		if r.at.Before(p.latest) {
			r.at = p.latest // the contract: an observation at the latest time seen
		}
		p.fill(r.at, false)
		p.observe(r)
		if p.Fill {
			p.filler.observed(r)
		}
	}
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

func (p *player) observe(r record) {
	if !p.begun {
		p.state, p.begun = core.New(p.Settings, r.at), true
		p.sum.From = r.at
	}
	p.latest, p.sum.To = r.at, r.at
	if r.obs.Signal.OneShot() {
		p.flush()
		p.step(messages.Edge{At: r.at, Observation: r.obs})
		return
	}
	if !r.at.Equal(p.batch.At) || p.inBatch[r.obs.Signal] {
		p.flush()
	}
	p.batch.At = r.at
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
}

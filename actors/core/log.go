package core

import (
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/messages"
)

// ObservationLog says which observations are logged (WATCHDOG_LOG_OBSERVATIONS).
type ObservationLog uint8

// The choices.
const (
	LogChanges ObservationLog = iota // what a replay needs, see observing.matters
	LogAll
	LogNone
)

var toldEvents = map[messages.News]string{
	messages.Alert: "raised", messages.Worse: "raised", messages.Event: "raised",
	messages.Still: "reminded", messages.Recovered: "recovered", messages.Flapping: "flapping",
}

func (a *Actor) logTold(t Told) {
	n := t.Notification
	fields := []zap.Field{
		zap.String("signal", string(n.Signal)), zap.Stringer("state", n.Level), zap.Stringer("news", n.News),
		zap.Stringer("reason", t.Reason), zap.String("detail", n.Line()),
	}
	if n.Valued {
		fields = append(fields, zap.Float64("value", n.Value))
	}
	if !n.Since.IsZero() {
		fields = append(fields, zap.Time("since", n.Since))
	}
	if n.Count > 1 {
		fields = append(fields, zap.Int("count", n.Count))
	}
	a.Log.Info(toldEvents[n.News], fields...)
}

// logAnswer logs what a request changed. The ts is that of the request, since a replay computes
// the end of a silence from it.
func (a *Actor) logAnswer(answer Answer) {
	write := func(event string, fields ...zap.Field) {
		if entry := a.Log.Check(zapcore.InfoLevel, event); entry != nil {
			entry.Time = answer.At
			entry.Write(fields...)
		}
	}
	by := zap.String("by", answer.To.Name)
	for _, r := range answer.Results {
		id := zap.String("id", r.Silence.ID)
		switch r.Outcome {
		case messages.Acknowledged:
			write("acknowledged", zap.String("signal", string(r.Signal)), by, zap.String("channel", answer.To.Channel))
		case messages.Silenced:
			write("silenced", id, zap.Strings("signals", r.Silence.Signals), zap.Time("until", r.Silence.Until), by, zap.String("reason", r.Silence.Reason))
		case messages.Unsilenced:
			write("unsilenced", id, by)
		case messages.AcknowledgedBefore, messages.NothingWrong, messages.TroubleOver, messages.SignalUnknown, messages.SilencedBefore, messages.SilenceRefused, messages.SilenceUnknown: // changed nothing
		}
	}
}

func (a *Actor) logRenames(effects []Effect) {
	for _, e := range effects {
		if r, ok := e.(Renamed); ok {
			a.Log.Info("renamed", zap.String("signal", string(r.From)), zap.String("to", string(r.To)))
		}
	}
}

// logObservations writes the lines that `watchdog replay` reads. From them, in their order, a
// replay decides what was decided here.
func (a *Actor) logObservations(m messages.Message, before, after *State, effects []Effect) {
	l := observing{actor: a, choice: after.settings.Observed, before: before, after: after, told: toldBy(effects)}
	if l.choice == LogNone {
		return
	}
	switch m := m.(type) {
	case messages.Report:
		for i := range m.Observations {
			l.log(m.Probe, m.At, &m.Observations[i])
		}
		l.off(&m)
		a.forgetRetired()
	case messages.Edge:
		l.log(m.Probe, m.At, &m.Observation)
	case messages.Tick, messages.Receipt, messages.Polled, messages.Roster, messages.Crash, messages.Retired, messages.Acknowledge, messages.Silence, messages.Unsilence: // they carry no observations
	}
	for _, e := range effects {
		if own, ok := e.(Observed); ok {
			l.log(ownProbe, own.At, &own.Observation)
		}
	}
}

// observing logs the observations of one message.
type observing struct {
	actor         *Actor
	choice        ObservationLog
	before, after *State
	told          map[messages.Key]bool
}

func toldBy(effects []Effect) map[messages.Key]bool {
	var told map[messages.Key]bool
	for _, e := range effects {
		if t, ok := e.(Told); ok {
			if told == nil {
				told = make(map[messages.Key]bool)
			}
			told[t.Notification.Signal] = true
		}
	}
	return told
}

// off logs that known signals have no data because the report says that they are off.
func (l *observing) off(r *messages.Report) {
	if len(r.Off) == 0 {
		return
	}
	for e := range l.after.signals.all {
		off := slices.ContainsFunc(r.Off, func(off messages.Off) bool { return off.Covers(e.key()) })
		if off && e.probe == r.Probe && e.last.Level == messages.Unknown {
			l.log(r.Probe, r.At, &e.last)
		}
	}
}

// matters reports whether a log of changes needs the observation: its level differs from the
// last one, news of the signal was told, or a count or wait is under way.
func (l *observing) matters(o *messages.Observation) bool {
	before, known := l.actor.logged[o.Signal]
	return !known || before != o.Level || o.Signal.OneShot() || l.told[o.Signal] || l.before.UnderWay(o.Signal) || l.after.UnderWay(o.Signal)
}

// log writes one line. Its ts is the time of the reading, so it is the same for all observations
// of a report.
func (l *observing) log(probe string, at time.Time, o *messages.Observation) {
	if l.choice == LogChanges && !l.matters(o) {
		return
	}
	l.actor.logged[o.Signal] = o.Level
	entry := l.actor.Log.Check(zapcore.InfoLevel, "observation")
	if entry == nil {
		return
	}
	entry.Time = at
	fields := []zap.Field{
		zap.String("signal", string(o.Signal)), zap.Stringer("state", o.Level),
		zap.String("detail", o.Detail), zap.String("probe", probe),
	}
	if o.Valued {
		fields = append(fields, zap.Float64("value", o.Value))
	}
	entry.Write(fields...)
}

// forgetRetired drops the logged levels of retired signals once there are many of them.
func (a *Actor) forgetRetired() {
	s := a.State.Load()
	if len(a.logged) <= 2*s.signals.index.size+chunkSize {
		return
	}
	for key := range a.logged {
		if s.signals.get(key) == nil {
			delete(a.logged, key)
		}
	}
}

package core

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/messages"
)

// ObservationLog says which observations are logged (WATCHDOG_LOG_OBSERVATIONS).
type ObservationLog uint8

// The choices.
const (
	LogChanges ObservationLog = iota // those whose level differs from the one before, and every one-shot
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
		zap.Stringer("reason", t.Reason), zap.String("detail", n.Detail),
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

func (a *Actor) logObservations(m messages.Message) {
	choice := a.State.Load().settings.Observed
	if choice == LogNone {
		return
	}
	switch m := m.(type) {
	case messages.Report:
		for i := range m.Observations {
			a.logObservation(choice, m.Probe, m.At, &m.Observations[i])
		}
		a.forgetRetired()
	case messages.Edge:
		a.logObservation(choice, m.Probe, m.At, &m.Observation)
	case messages.Tick, messages.Receipt, messages.Roster, messages.Crash: // observe nothing
	}
}

// logObservation writes the line that `watchdog replay` reads. Its ts is that of the
// reading, the same for all observations of one report.
func (a *Actor) logObservation(choice ObservationLog, probe string, at time.Time, o *messages.Observation) {
	before, known := a.logged[o.Signal]
	if choice == LogChanges && known && before == o.Level && !o.Signal.OneShot() {
		return
	}
	a.logged[o.Signal] = o.Level
	entry := a.Log.Check(zapcore.InfoLevel, "observation")
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

// forgetRetired keeps the memory of logged levels as large as the table of signals.
func (a *Actor) forgetRetired() {
	s := a.State.Load()
	if len(a.logged) <= 2*len(s.signals.index)+chunkSize {
		return
	}
	for key := range a.logged {
		if s.signals.get(key) == nil {
			delete(a.logged, key)
		}
	}
}

package probe

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

// reporter makes the reports of a probe. The goroutine of a reading reports the reading. If the
// reading is stuck, the actor reports that instead.
type reporter struct {
	mu    sync.Mutex
	gone  bool           // the probe was removed: a report would bring its signals back
	open  bool           // a reading is running and has no report yet
	known []messages.Key // signals of the last complete reading and of failed ones since; sorted
	noted map[string]struct{}
}

func (r *reporter) retire(gone bool) {
	r.mu.Lock()
	r.gone = gone
	r.mu.Unlock()
}

func (r *reporter) begin() {
	r.mu.Lock()
	r.open = true
	r.mu.Unlock()
}

// close ends the right of the running reading to report. It returns false if the reading has
// reported already.
func (r *reporter) close() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.open
	r.open = false
	return was
}

// returned reports a reading, unless it was stuck: then its data is old, and its signals stay
// unknown until the next reading.
func (a *Actor) returned(reading Reading, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.open || a.gone {
		return
	}
	a.open = false
	now := a.Now()
	a.note(reading.Notes)
	a.report(now, now.Sub(a.began), reading, err)
}

func (a *Actor) report(now time.Time, took time.Duration, reading Reading, err error) {
	report := messages.Report{
		Probe: a.Name, At: now, Took: took, Interval: a.Interval, Complete: err == nil, Renamed: reading.Renamed, Off: reading.Off,
	}
	named := make([]messages.Key, 0, len(reading.Observations))
	for _, o := range reading.Observations {
		if o.Signal.OneShot() {
			a.EmitEdge(messages.Edge{Probe: a.Name, At: now, Observation: o})
			continue
		}
		named = append(named, o.Signal)
		report.Observations = append(report.Observations, o)
	}
	slices.Sort(named)
	for _, n := range reading.Notes {
		if len(n.Off) > 0 && !n.Normal {
			report.Off = append(report.Off, messages.Off{Signals: n.Off, Why: n.Text})
		}
	}
	if err != nil {
		report.Err = peer.Line(err.Error(), maxDetail)
		report.Observations = append(report.Observations, a.unknown(named, "no data: "+report.Err)...)
		named = append(named, a.known...)
		slices.Sort(named)
	}
	a.known = slices.Compact(named)
	report.Observations = append(report.Observations, a.self(messages.OK, "the probe reports"))
	a.Emit(report)
}

// reportPanic reports that the reading panicked.
func (a *Actor) reportPanic(now time.Time, took time.Duration) {
	a.reportUnknown(now, took, "panicked", "the probe panicked and was restarted: see the log event actor_panicked and report it")
}

func (a *Actor) reportStuck(now time.Time) {
	text := fmt.Sprintf("the reading has not returned for %s", now.Sub(a.began).Round(time.Second))
	a.reportUnknown(now, now.Sub(a.began), text, text+"; its signals are unknown until it does")
}

// reportUnknown reports all known signals as unknown, and a fault of the probe itself.
func (a *Actor) reportUnknown(now time.Time, took time.Duration, err, self string) {
	a.Emit(messages.Report{
		Probe: a.Name, At: now, Took: took, Interval: a.Interval, Err: err,
		Observations: append(a.unknown(nil, "no data: "+err), a.self(messages.Warning, self)),
	})
}

// unknown observes every known signal as unknown, except those in except, which is sorted.
func (a *Actor) unknown(except []messages.Key, detail string) []messages.Observation {
	var observations []messages.Observation
	for _, key := range a.known {
		if _, named := slices.BinarySearch(except, key); !named {
			observations = append(observations, messages.Observation{Signal: key, Level: messages.Unknown, Detail: detail})
		}
	}
	return observations
}

func (a *Actor) self(level messages.Level, detail string) messages.Observation {
	return messages.Observation{Signal: messages.NewKey("watchdog_probe", a.Name), Level: level, Detail: detail}
}

// note logs each different note once.
func (a *Actor) note(notes []Note) {
	for _, n := range notes {
		if _, known := a.noted[n.String()]; known || len(a.noted) >= maxNotes {
			continue
		}
		if a.noted == nil {
			a.noted = make(map[string]struct{})
		}
		a.noted[n.String()] = struct{}{}
		level := zap.WarnLevel
		if n.Normal {
			level = zap.InfoLevel
		}
		a.log().Log(level, n.Event, zap.String("probe", a.Name), zap.String("detail", n.Text))
	}
}

// log returns the logger with the actor's name. It is created for each use: a logger holds a
// buffer of 1 KiB.
func (a *Actor) log() *zap.Logger { return a.Log.With(zap.String("actor", a.String())) }

func (a *Actor) logStuck(now time.Time) {
	a.log().Warn("probe_stuck", zap.String("probe", a.Name), zap.Duration("for", now.Sub(a.began)))
}

func (a *Actor) logSkipped(now time.Time) {
	a.log().Info("tick_skipped", zap.String("probe", a.Name), zap.Duration("reading_for", now.Sub(a.began)))
}

// maxNotes bounds the memory for notes: their texts may come from a peer.
const maxNotes = 100

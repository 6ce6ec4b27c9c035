package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/probe/orchestrator"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Finding is what the pass observed of one signal, without debounce.
type Finding struct{ messages.Observation }

// Pending reports whether the level is unknown for a good reason: a window is filling, or the subject
// does not run.
func (f *Finding) Pending() bool { return f.Expected && f.Level == messages.Unknown }

// Well reports whether the signal is ok or pending.
func (f *Finding) Well() bool { return f.Level == messages.OK || f.Pending() }

// state is the text in the column of levels.
func (f *Finding) state() string {
	if f.Pending() {
		return pending
	}
	return f.Level.String()
}

const pending = "pending"

// states are the states of a finding, the most severe first.
var states = []string{messages.Critical.String(), messages.Warning.String(), messages.Unknown.String(), pending, messages.OK.String()}

// number returns the value; ok is false if there is none, or it is not a finite number.
func (f *Finding) number() (n float64, ok bool) {
	return f.Value, f.Valued && !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0)
}

// Note is what an operator should read once, such as what is switched off.
type Note struct {
	Text string
	Off  []string     // the signals that are off: keys, kinds, and families such as host_*
	of   messages.Key // the signal whose finding says the same; empty: none
}

// isOff reports whether the note says that the signal is off.
func (n Note) isOff(key messages.Key) bool {
	return slices.ContainsFunc(n.Off, func(off string) bool { return off == key.Kind() || glob.Match(off, string(key)) })
}

// Result is the result of a pass.
type Result struct {
	Findings []Finding // the most severe first
	Notes    []Note
	rules    *orchestrator.Probe
}

// Well reports whether all signals are.
func (r *Result) Well() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Well() })
}

// Apply applies the policies of the settings: a configured severity replaces that of the reading, and
// a signal that is not enabled is replaced by a note.
func (r *Result) Apply(s *core.Settings) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if p := s.PolicyOf(f.Signal); p.Severity > messages.OK && f.Level > messages.OK {
			f.Level = p.Severity
		}
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool {
		if s.PolicyOf(f.Signal).Enabled {
			return false
		}
		r.Notes = append(r.Notes, off(string(f.Signal), "its policy has enabled: false ("+origin(s, f.Signal, "enabled")+")", "remove that", string(f.Signal)))
		return true
	})
	r.sort()
}

// origin returns where a part of a signal's policy was set.
func origin(s *core.Settings, key messages.Key, part string) string {
	for _, p := range s.Explain(key) {
		if p.Name == part {
			return p.From
		}
	}
	return ""
}

// Note adds notes.
func (r *Result) Note(notes ...Note) {
	r.Notes = append(r.Notes, notes...)
	r.sort()
}

// Mask masks secrets in all text from outside. Keys are names and stay as they are. Call it before
// Table, which may break a secret into two lines.
func (r *Result) Mask(mask func(string) string) {
	for i := range r.Findings {
		r.Findings[i].mask(mask)
	}
	for i := range r.Notes {
		r.Notes[i].Text = mask(r.Notes[i].Text)
	}
}

func (f *Finding) mask(mask func(string) string) {
	f.Threshold, f.Detail = mask(f.Threshold), mask(f.Detail)
}

func (r *Result) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(slices.Index(states, a.state())-slices.Index(states, b.state()), cmp.Compare(a.Signal, b.Signal))
	})
	// A rule that can't be judged is both a finding and a note: the finding is enough.
	r.Notes = slices.DeleteFunc(r.Notes, func(note Note) bool {
		return r.index(note.of) >= 0
	})
	slices.SortStableFunc(r.Notes, func(a, b Note) int { return cmp.Compare(a.Text, b.Text) })
	r.Notes = slices.CompactFunc(r.Notes, func(a, b Note) bool { return a.Text == b.Text })
}

func (r *Result) index(key messages.Key) int {
	return slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Signal == key })
}

// summary counts the findings by state.
func (r *Result) summary() string {
	if len(r.Findings) == 0 {
		return "no signals: nothing is watched"
	}
	count := make(map[string]int)
	for i := range r.Findings {
		count[r.Findings[i].state()]++
	}
	var parts []string
	for _, s := range states {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	what := "signals"
	if len(r.Findings) == 1 {
		what = "signal"
	}
	return fmt.Sprintf("%d %s: %s", len(r.Findings), what, strings.Join(parts, ", "))
}

// brief formats a duration as settings do: 15m instead of 15m0s.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

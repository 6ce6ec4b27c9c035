package core

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Policy holds the settings that apply to one signal. It is immutable.
type Policy struct {
	Enabled     bool
	Mute        bool // the signal is debounced and shown, but never told
	RaiseTicks  uint16
	ClearTicks  uint16
	Cooldown    time.Duration  // between reminders, and between one-shots; 0: no reminders, every one-shot
	Severity    messages.Level // replaces any observed level above ok; OK: as observed
	InhibitedBy []string       // key globs of the inhibitors (rule 5)
	Flapping    Flapping
	AckExpires  time.Duration // an acknowledgement expires after this time; 0: it ends only with the trouble
	Windows     []*Window     // the maintenance windows that cover the signal
	OneShot     bool          // the signal's kind is a one-shot
	inhibitors  []Inhibitor   // InhibitedBy, resolved for the signal
}

// level returns the level that an observed level counts as.
func (p *Policy) level(observed messages.Level) messages.Level {
	if observed > messages.OK && p.Severity > messages.OK {
		return p.Severity
	}
	return observed
}

// Rule changes the policy of the signals that its glob matches. A nil field changes nothing.
type Rule struct {
	Glob        string
	From        string // where it is written, for people
	Enabled     *bool
	Mute        *bool
	RaiseTicks  *uint16
	ClearTicks  *uint16
	Cooldown    *time.Duration
	Severity    *messages.Level
	InhibitedBy *[]string
	FlapChanges *uint16
	FlapWithin  *time.Duration
	FlapSettle  *time.Duration
}

// builtIn is the From of BuiltinRules.
const builtIn = "built in"

// BuiltinRules returns the rules that precede the user's: one for each kind with its own policy.
func BuiltinRules() []Rule {
	var rules []Rule
	ticks := func(n uint16) *uint16 {
		if n == 0 {
			return nil
		}
		return &n
	}
	for _, kind := range messages.Kinds {
		r := Rule{Glob: kind.Glob(), From: builtIn, RaiseTicks: ticks(kind.RaiseTicks), ClearTicks: ticks(kind.ClearTicks)}
		if by := kind.Inhibitors(); len(by) > 0 {
			r.InhibitedBy = &by
		}
		if r.RaiseTicks != nil || r.ClearTicks != nil || r.InhibitedBy != nil {
			rules = append(rules, r)
		}
	}
	return rules
}

// Unmatched returns the globs of the user's rules and windows that no signal can match, with where
// they are written. instances lists the instances of the kinds that have a fixed set of them.
func (s *Settings) Unmatched(instances map[string][]string) []string {
	var unmatched []string
	for _, r := range s.Rules {
		if r.From != builtIn && !matchesAny(r.Glob, instances) {
			unmatched = append(unmatched, fmt.Sprintf("%s: %q", r.From, r.Glob))
		}
	}
	for _, w := range s.Windows {
		if !matchesAny(w.Signals, instances) {
			unmatched = append(unmatched, fmt.Sprintf("%s: %q", w.From, w.Signals))
		}
	}
	return unmatched
}

func matchesAny(pattern string, instances map[string][]string) bool {
	for _, kind := range messages.Kinds {
		if kind.Instance == "" {
			if glob.Match(pattern, kind.Name) {
				return true
			}
			continue
		}
		known, closed := instances[kind.Name]
		if !closed {
			// Any instance: the pattern's own, with a placeholder for each wildcard.
			_, own, _ := strings.Cut(pattern, ":")
			known = []string{"x", strings.NewReplacer("*", "x", "?", "x").Replace(own)}
		}
		for _, instance := range known {
			if glob.Match(pattern, kind.Name+":"+instance) {
				return true
			}
		}
	}
	return false
}

// inhibits reports whether the key may inhibit other signals by any rule.
func (s *Settings) inhibits(key messages.Key) bool {
	for i := range s.Rules {
		if s.Rules[i].InhibitedBy == nil {
			continue
		}
		for _, by := range *s.Rules[i].InhibitedBy {
			if glob.Match(strings.ReplaceAll(by, instanceMark, "*"), string(key)) {
				return true
			}
		}
	}
	return false
}

// PolicyOf returns the policy of a key.
func (s *Settings) PolicyOf(key messages.Key) *Policy {
	p := s.Defaults
	for i := range s.Rules {
		if glob.Match(s.Rules[i].Glob, string(key)) {
			s.Rules[i].apply(&p)
		}
	}
	p.RaiseTicks, p.ClearTicks = max(p.RaiseTicks, 1), max(p.ClearTicks, 1)
	p.Flapping.Changes = min(p.Flapping.Changes, MaxFlapChanges)
	p.OneShot = key.OneShot()
	for _, by := range p.InhibitedBy {
		p.inhibitors = append(p.inhibitors, inhibitor(by, key))
	}
	for _, w := range s.Windows {
		if w.covers(key) {
			p.Windows = append(p.Windows, w)
		}
	}
	return &p
}

// maxShared is how many policies new signals are compared with. Most signals have one of a few.
const maxShared = 8

// shared returns an equal policy that another signal has, or p itself. With a thousand signals,
// a policy for each takes a third as much memory as the signals.
func (s *State) shared(p *Policy) *Policy {
	for _, other := range s.policies {
		if reflect.DeepEqual(p, other) {
			return other
		}
	}
	s.policies = append([]*Policy{p}, s.policies[:min(len(s.policies), maxShared-1)]...)
	return p
}

func (s *State) newEntry(key messages.Key) *entry {
	return &entry{last: messages.Observation{Signal: key}, policy: s.shared(s.settings.PolicyOf(key)), inhibits: s.settings.inhibits(key)}
}

func (r *Rule) apply(p *Policy) {
	set(&p.Enabled, r.Enabled)
	set(&p.Mute, r.Mute)
	set(&p.RaiseTicks, r.RaiseTicks)
	set(&p.ClearTicks, r.ClearTicks)
	set(&p.Cooldown, r.Cooldown)
	set(&p.Severity, r.Severity)
	set(&p.InhibitedBy, r.InhibitedBy)
	set(&p.Flapping.Changes, r.FlapChanges)
	set(&p.Flapping.Within, r.FlapWithin)
	set(&p.Flapping.Settle, r.FlapSettle)
}

func set[T any](part *T, value *T) {
	if value != nil {
		*part = *value
	}
}

// Part is one field of a policy, with where it is set.
type Part struct{ Name, Value, From string }

// Explain returns the fields of a key's policy, as `watchdog config` shows them.
func (s *Settings) Explain(key messages.Key) []Part {
	from := map[string]string{}
	for _, r := range s.Rules {
		if !glob.Match(r.Glob, string(key)) {
			continue
		}
		for name, isSet := range map[string]bool{
			"enabled": r.Enabled != nil, "mute": r.Mute != nil, "raise_ticks": r.RaiseTicks != nil,
			"clear_ticks": r.ClearTicks != nil, "cooldown": r.Cooldown != nil, "severity": r.Severity != nil,
			"inhibited_by": r.InhibitedBy != nil,
			"flapping":     r.FlapChanges != nil || r.FlapWithin != nil || r.FlapSettle != nil,
		} {
			if isSet {
				from[name] = fmt.Sprintf("%s: %q", r.From, r.Glob)
			}
		}
	}
	p := s.PolicyOf(key)
	severity := "as observed"
	if p.Severity > messages.OK {
		severity = p.Severity.String()
	}
	parts := []Part{
		{Name: "enabled", Value: fmt.Sprint(p.Enabled)},
		{Name: "mute", Value: fmt.Sprint(p.Mute)},
		{Name: "raise_ticks", Value: fmt.Sprint(p.RaiseTicks)},
		{Name: "clear_ticks", Value: fmt.Sprint(p.ClearTicks)},
		{Name: "cooldown", Value: p.Cooldown.String()},
		{Name: "severity", Value: severity},
		{Name: "inhibited_by", Value: fmt.Sprint(p.InhibitedBy)},
		{Name: "flapping", Value: p.Flapping.String()},
	}
	for i := range parts {
		parts[i].From = "default"
		if f, ok := from[parts[i].Name]; ok {
			parts[i].From = f
		}
	}
	for _, w := range p.Windows {
		parts = append(parts, Part{Name: "maintenance", Value: w.String(), From: w.From})
	}
	return parts
}

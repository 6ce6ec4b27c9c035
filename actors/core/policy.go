package core

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Policy is the numbers that apply to one signal. It is never changed once made.
type Policy struct {
	Enabled     bool
	Mute        bool // debounced and shown, never told
	RaiseTicks  uint16
	ClearTicks  uint16
	Cooldown    time.Duration  // between reminders, and between one-shots; 0: no reminders, every one-shot
	Severity    messages.Level // replaces the level of an observation above ok; OK: as observed
	InhibitedBy []string       // key globs: while one's hard level is above ok, the signal is not told
	Flapping    Flapping       // when it changes too often
	AckExpires  time.Duration  // so long after it was made, an acknowledgement is over; 0: only with the trouble
	Windows     []*Window      // maintenance windows that cover the signal
	OneShot     bool           // an observation means that it happened: by the signal's kind
	inhibitors  []Inhibitor    // InhibitedBy, as it is meant for the signal
}

// level is the level of an observation by this policy.
func (p *Policy) level(observed messages.Level) messages.Level {
	if observed > messages.OK && p.Severity > messages.OK {
		return p.Severity
	}
	return observed
}

// Rule sets parts of the policy of the keys that its glob fits; a nil part leaves it.
type Rule struct {
	Glob        string
	From        string // where it was written, for people
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

// Settings is all that the core is told by configuration. It is never changed once given.
type Settings struct {
	Tick         time.Duration // of the clock: a gap in our own running is 10 of them
	Defaults     Policy        // where no rule says otherwise
	Rules        []Rule        // later ones win, part by part
	Windows      []*Window
	Routes       map[string]*Route // by channel; one that is not in it is told everything at once
	StartupGrace time.Duration     // nothing is told this long after the start
	GroupWait    time.Duration     // how long news that is not urgent waits for company
	Observed     ObservationLog
}

// builtIn is where the rules that nobody wrote come from.
const builtIn = "built in"

// BuiltinRules are the rules that stand before the user's, one for each kind that has a part of
// its own: data, so that `watchdog config` can show them.
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

// Unmatched lists the globs of rules that somebody wrote, and of windows, that fit no signal there could be.
// instances gives, by kind, the instances that are known beforehand; a kind that is not
// in it may have any.
func (s *Settings) Unmatched(instances map[string][]string) []string {
	var unmatched []string
	for _, r := range s.Rules {
		if r.From != builtIn && !fitsAny(r.Glob, instances) {
			unmatched = append(unmatched, fmt.Sprintf("%s: %q", r.From, r.Glob))
		}
	}
	for _, w := range s.Windows {
		if !fitsAny(w.Signals, instances) {
			unmatched = append(unmatched, fmt.Sprintf("%s: %q", w.From, w.Signals))
		}
	}
	return unmatched
}

func fitsAny(pattern string, instances map[string][]string) bool {
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

// inhibits tells whether any rule names the key as one that inhibits others.
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

// For gives the policy of a key.
func (s *Settings) For(key messages.Key) *Policy {
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

func (s *Settings) newEntry(key messages.Key) *entry {
	return &entry{key: key, policy: s.For(key), inhibits: s.inhibits(key)}
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

// Part is one part of a policy and where it came from.
type Part struct{ Name, Value, From string }

// Explain gives the policy of a key part by part: what `watchdog config` shows.
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
	p := s.For(key)
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

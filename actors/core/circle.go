package core

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

// Validate returns an error if signals inhibit each other. instances lists the instances
// of the kinds that have a fixed set of them.
func (s *Settings) Validate(instances map[string][]string) []error {
	circle := s.circle(s.inhibitingKeys(instances))
	if circle == nil {
		return nil
	}
	var from string
	var chain strings.Builder
	for i, key := range circle {
		by := circle[(i+1)%len(circle)]
		if i > 0 {
			chain.WriteString(", which is ")
		} else {
			fmt.Fprintf(&chain, "%q is ", key)
		}
		fmt.Fprintf(&chain, "inhibited by %q", by)
		if origin := s.originOfInhibition(key); origin != builtIn {
			from = origin
		}
	}
	return []error{fmt.Errorf("%s: inhibited_by goes in a circle: %s; each would wait for the other, so remove one of them", from, chain.String())}
}

// circle returns signals that inhibit each other, each inhibited by the next; nil: there are none.
func (s *Settings) circle(keys []messages.Key) []messages.Key {
	inhibitors := make(map[messages.Key][]messages.Key, len(keys))
	for _, key := range keys {
		for _, i := range s.PolicyOf(key).inhibitors {
			for _, by := range keys {
				if by != key && i.matches(by) {
					inhibitors[key] = append(inhibitors[key], by)
				}
			}
		}
	}
	done := make(map[messages.Key]bool)
	var path []messages.Key
	var visit func(key messages.Key) []messages.Key
	visit = func(key messages.Key) []messages.Key {
		if i := slices.Index(path, key); i >= 0 {
			return slices.Clone(path[i:])
		}
		if done[key] {
			return nil
		}
		path = append(path, key)
		for _, by := range inhibitors[key] {
			if found := visit(by); found != nil {
				return found
			}
		}
		path = path[:len(path)-1]
		done[key] = true
		return nil
	}
	for _, key := range keys {
		if found := visit(key); found != nil {
			return found
		}
	}
	return nil
}

// inhibitingKeys returns keys that represent all signals that may inhibit others: those that
// rules name, and two of each pattern for kinds whose instances are not fixed. Two, since a signal
// can't inhibit itself.
func (s *Settings) inhibitingKeys(instances map[string][]string) []messages.Key {
	names := []string{"a", "b"}
	keys := make(map[messages.Key]bool)
	name := func(pattern string) {
		if glob.Literal(pattern) && !strings.Contains(pattern, instanceMark) {
			keys[messages.Key(pattern)] = true
		}
		_, instance, _ := strings.Cut(pattern, ":")
		for _, x := range []string{"a", "b"} {
			if n := strings.NewReplacer(instanceMark, x, "*", x, "?", x).Replace(instance); n != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, r := range s.Rules {
		name(r.Glob)
		if r.InhibitedBy != nil {
			for _, by := range *r.InhibitedBy {
				name(by)
			}
		}
	}
	for _, kind := range messages.Kinds {
		known, closed := instances[kind.Name]
		switch {
		case kind.Instance == "":
			known = []string{""}
		case !closed:
			known = names
		}
		for _, instance := range known {
			keys[messages.NewKey(kind.Name, instance)] = true
		}
	}
	var all []messages.Key
	for key := range keys {
		kind, known := messages.KindOf(key)
		_, closed := instances[kind.Name]
		there := !known || !closed || slices.Contains(instances[kind.Name], key.Instance())
		if there && (!known || (kind.Instance == "") == (key.Instance() == "")) && s.inhibits(key) {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// originOfInhibition returns where the inhibitors of a signal are written.
func (s *Settings) originOfInhibition(key messages.Key) (from string) {
	for _, r := range s.Rules {
		if r.InhibitedBy != nil && glob.Match(r.Glob, string(key)) {
			from = r.From
		}
	}
	return from
}

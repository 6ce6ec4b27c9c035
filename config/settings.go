package config

import (
	"cmp"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// setting is a field of the root of the file. Its name is its path there; empty: only the variable
// sets it. A value that has secrets is secret as a whole.
type setting struct{ field.Field }

// id returns the name of the setting for people: its variable or, without one, its path.
func (s *setting) id() string { return cmp.Or(s.Variable, s.Name) }

func (s *setting) isList() bool { return s.Form == field.List }

// items splits the text of a list at its commas. Any other text is one item.
func (s *setting) items(text string) []string {
	if !s.isList() {
		return []string{strings.TrimSpace(text)}
	}
	return trimmed(strings.Split(text, ","))
}

// trimmed returns the items of a list without the white space around them, and without empty ones.
func trimmed(items []string) []string {
	var all []string
	for _, one := range items {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// set stores the items.
func (s *setting) set(items []string) error {
	for _, item := range items {
		if err := s.Set("", item); err != nil {
			return err
		}
	}
	return nil
}

// rows returns all settings in the order of documents. Each may be set once: the items of a list
// that is set again would be added.
func (c *Config) rows() []setting {
	var all, moved []setting
	for _, section := range c.sections {
		for _, f := range section.Fields() {
			if f.Before != "" {
				moved = append(moved, setting{f})
				continue
			}
			all = append(all, setting{f})
		}
	}
	for _, m := range moved {
		at := slices.IndexFunc(all, func(s setting) bool { return s.Name == m.Before })
		all = slices.Insert(all, at, m)
	}
	return all
}

package config

import (
	"strings"

	"orchestrator-watchdog/config/field"

	"github.com/goccy/go-yaml/ast"
)

// file reads the YAML file.
func (l *loader) file() {
	path := l.env[prefix+"CONFIG"]
	if path == "" {
		return
	}
	content, err := l.read(path)
	if err != nil {
		l.fail("WATCHDOG_CONFIG: %w", err)
		return
	}
	r := &reader{file: path, errs: &l.errs, places: l.config.places}
	if root, ok := r.parseYAML(content); ok {
		root.object(l.tree(""))
	}
}

// tree returns the keys of the mapping at a path of the file: the rows of the table
// below it, and the sections.
func (l *loader) tree(at string) fields {
	known := l.sections(at)
	for _, s := range l.config.rows() {
		rest, below := strings.CutPrefix(s.Name, at)
		if at != "" && below {
			rest, below = strings.CutPrefix(rest, ".")
		}
		if !below || s.Name == "" {
			continue
		}
		name, _, deeper := strings.Cut(rest, ".")
		if deeper {
			known[name] = func(v value) { v.object(l.tree(join(at, name))) }
			continue
		}
		known[name] = l.leaf(&s)
		if s.File {
			known[name+"_file"] = l.leafFile(&s)
		}
	}
	return known
}

// sections returns the keys at a path without a row in the table: lists, policies and thresholds.
func (l *loader) sections(at string) fields {
	switch at {
	case "":
		return fields{"dependencies": l.dependencies, "signals": l.signals, "maintenance": l.maintenance, "channels": l.channels}
	case "orchestrator":
		return fields{"rules": l.rules}
	case "host":
		known := fields{}
		for _, t := range l.kinds.Thresholds {
			known[t.Name] = func(v value) { l.threshold(t, v) }
		}
		return known
	}
	return fields{}
}

// leaf reads one setting from the file. Items of a list stay whole; a single text
// is parsed like the variable.
func (l *loader) leaf(s *setting) func(value) {
	return func(v value) {
		_, isList := v.node.(*ast.SequenceNode)
		if isList && !s.isList() {
			v.fail("this has to be a single value")
			return
		}
		var all []string
		switch well := v.well(setList(&all, field.Text)); {
		case well && isList:
			l.takeFrom(v, s, trimmed(all))
		case well:
			l.takeFrom(v, s, s.items(all[0]))
		}
	}
}

// leafFile reads one setting from a file that the YAML file names.
func (l *loader) leafFile(s *setting) func(value) {
	return func(v value) {
		var content string
		if v.well(set(&content, l.secretFile)) {
			l.takeFrom(v, s, s.items(content))
		}
	}
}

// takeFrom sets a setting from the file. An empty value counts as not set.
func (l *loader) takeFrom(v value, s *setting, items []string) {
	if _, twice := l.config.given[s.id()]; twice {
		v.fail("it is set both as a value and as a file: keep one of the two")
		return
	}
	if strings.Join(items, "") != "" {
		l.take(s, items, v.origin(), func(err error) { v.fail("%v", err) })
	}
}

// list records a setting that only the file has, for Effective.
func (l *loader) list(name, shown string, v value) {
	l.config.listed = append(l.config.listed, Setting{Name: name, Value: shown, Origin: v.origin()})
}

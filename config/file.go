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

// tree gives what the mapping at a path of the file may hold: the rows of the table
// below it, and the sections.
func (l *loader) tree(at string) fields {
	known := l.sections(at)
	for i := range l.rows {
		s := &l.rows[i]
		rest, below := strings.CutPrefix(s.path, at)
		if at != "" && below {
			rest, below = strings.CutPrefix(rest, ".")
		}
		if !below || s.path == "" {
			continue
		}
		name, _, deeper := strings.Cut(rest, ".")
		if deeper {
			known[name] = func(v value) { v.object(l.tree(join(at, name))) }
			continue
		}
		known[name] = l.leaf(s)
		if s.file {
			known[name+"_file"] = l.leafFile(s)
		}
	}
	return known
}

// sections gives what has no row in the table: what may stand there any number of
// times, and thresholds.
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

// leaf takes one setting from the file. The items of a list are taken whole; a single text
// is read as the variable is.
func (l *loader) leaf(s *setting) func(value) {
	return func(v value) {
		_, isList := v.node.(*ast.SequenceNode)
		if isList && !s.list {
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

// leafFile takes one setting from another file, which the file names.
func (l *loader) leafFile(s *setting) func(value) {
	return func(v value) {
		var content string
		if v.well(set(&content, l.secretFile)) {
			l.takeFrom(v, s, s.items(content))
		}
	}
}

// takeFrom takes a setting of the file. An empty one is as if it were not there.
func (l *loader) takeFrom(v value, s *setting, items []string) {
	if _, twice := l.config.given[s.id()]; twice {
		v.fail("it stands here as a value and as a file: keep one of the two")
		return
	}
	if strings.Join(items, "") != "" {
		l.take(s, items, v.origin(), func(err error) { v.fail("%v", err) })
	}
}

// list notes what only the file can say, for people.
func (l *loader) list(name, shown string, v value) {
	l.config.listed = append(l.config.listed, Setting{Name: name, Value: shown, Origin: v.origin()})
}

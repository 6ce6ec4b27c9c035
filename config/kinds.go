package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
)

// Kinds are the tables of what the packages that use it declare: what the file can hold any
// number of, in several kinds, and the thresholds of the host.
type Kinds struct {
	Dependencies []field.Kind
	Channels     []field.Kind
	Rule         *field.Kind // of the orchestrator's envelope; its settings are field.Named
	Thresholds   []field.Threshold
	Sections     []func() field.Declared // each package's settings that are there once; documents show them in this order
}

// defaults is a configuration that nothing was read for, without the defaults of rows.
func (k Kinds) defaults() *Config {
	c := &Config{kinds: k, given: make(map[string]given), places: make(map[string]string)}
	c.Thresholds = make(map[string]messages.Threshold)
	for _, t := range k.Thresholds {
		c.Thresholds[t.Name] = t.Threshold
	}
	c.sections = []field.Declared{&c.Daemon}
	for _, fresh := range k.Sections {
		c.sections = append(c.sections, fresh())
	}
	return c
}

// rows returns all settings, unset.
func (k Kinds) rows() []setting { return k.defaults().rows() }

// named reads a list of things with different names. read gives one with its name.
func named[T fmt.Stringer](l *loader, v value, what, section string, read func(value) (T, string)) []T {
	var all []T
	seen := make(map[string]bool)
	for _, item := range v.list() {
		var one T
		var name string
		switch well := item.well(func(v value) { one, name = read(v) }); {
		case !well:
		case seen[name]:
			item.fail("the %s %q is listed twice", what, name)
		default:
			seen[name] = true
			all = append(all, one)
			l.list(section+"."+name, one.String(), item)
		}
	}
	return all
}

// oneKind reads a mapping that holds a name, what else is known, and the settings of exactly
// one kind; of none where without says so.
func (l *loader) oneKind(v value, what string, name *string, known fields, kinds []field.Kind, without func() bool) (kind string, settings field.Settings) {
	var names []string
	given := 0
	known["name"] = set(name, field.Name)
	for _, k := range kinds {
		names = append(names, k.Name)
		known[k.Name] = func(v value) {
			given++
			kind, settings = k.Name, l.ofKind(v, k)
		}
	}
	v.object(known)
	if *name == "" {
		v.fail("a %s needs a name", what)
	}
	if given > 1 || given == 0 && !without() {
		v.fail("a %s is of exactly one kind, and this one of %d: %s", what, given, strings.Join(slices.Sorted(slices.Values(names)), ", "))
	}
	return kind, settings
}

// kindReader reads the mapping of one thing of a kind.
type kindReader struct {
	*loader
	given map[string]int // how often each field was given a value
}

// ofKind reads a mapping by the fields of a kind.
func (l *loader) ofKind(v value, kind field.Kind) field.Settings {
	settings := kind.New()
	if _, single := v.node.(ast.ScalarNode); single {
		v.fail("this has to be a mapping, as %s", kind.Form)
		return settings
	}
	r, known, all := kindReader{l, make(map[string]int)}, fields{}, settings.Fields()
	for _, f := range all {
		known[f.Name] = func(v value) { r.read(v, f) }
		if f.File {
			known[f.Name+"_file"] = set(new(string), func(at string) (string, error) { return r.file(at, f) })
		}
	}
	v.object(known)
	for _, f := range all {
		if f.File && r.given[f.Name] > 1 {
			v.fail("%s and %s_file are both set: keep one of the two", f.Name, f.Name)
		}
	}
	for _, err := range settings.Check() {
		v.fail("%v", err)
	}
	return settings
}

// read reads a field's value, or its values.
func (r kindReader) read(v value, f field.Field) {
	take := func(text string) (string, error) { return text, r.take(f, "", text) }
	switch f.Form {
	case field.Value:
		set(new(string), take)(v)
	case field.List:
		setList(new([]string), take)(v)
	case field.Map:
		for _, e := range v.entries() {
			key, err := f.Key(e.key)
			if err != nil {
				value{v.r, e.node, v.path}.fail("%v", err)
			}
			set(new(string), func(text string) (string, error) { return text, r.take(f, key, text) })(e.value)
		}
	}
}

// file reads a field's value from a file.
func (r kindReader) file(at string, f field.Field) (string, error) {
	text, err := r.secretFile(at)
	if err != nil {
		return "", err
	}
	return text, r.take(f, "", text)
}

// take sets a field, and keeps what is secret in its value. What can also come from a file
// is as if it were not there where it is empty.
func (r kindReader) take(f field.Field, key, text string) error {
	if f.File && text == "" {
		return nil
	}
	r.given[f.Name]++
	if f.Secrets != nil {
		r.config.keepSecret(f.Secrets(text)...)
	}
	return f.Set(key, text)
}

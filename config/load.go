package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	prefix     = "WATCHDOG_"
	fileSuffix = "_FILE"
	// These may come from a file, as they may hold a password or come with the token,
	// and are no secret as a whole.
	chatVariable         = prefix + "TELEGRAM_CHAT_ID"
	alertmanagerVariable = prefix + "ALERTMANAGER_URL"
	// maxFile bounds what is read of a secret's or the YAML file.
	maxFile = 1 << 20
)

// Source is where the settings are read from.
type Source struct {
	Environ  []string // KEY=value
	ReadFile func(path string) ([]byte, error)
	Hostname string
}

// loader collects settings and problems.
type loader struct {
	Source
	config   *Config
	given    map[string]string // the environment's variables of ours
	errs     []error
	warnings []string
}

// Load reads the settings: the environment wins over the file, the file over the
// default. The error is all problems joined, one a line. The warnings are worth a log
// line each. The Config is never nil, and holds what could be read: Enabled is to be
// trusted also beside an error, unless the error is its own.
func Load(src Source) (cfg *Config, warnings []string, err error) {
	l := &loader{Source: src, config: &Config{given: make(map[string]given)}, given: make(map[string]string)}
	for i := range settings {
		if settings[i].preset != "" {
			_ = settings[i].set(l.config, settings[i].preset) // a test holds the presets to be well
		}
	}
	l.environment()
	l.file()
	for i := range settings {
		l.variable(&settings[i])
	}
	if l.config.HostLabel == "" {
		l.config.HostLabel = l.Hostname
	}
	_, l.config.Host.MountsGiven = l.config.given[prefix+"HOST_MOUNTS"]
	l.check()
	return l.config, l.warnings, errors.Join(l.errs...)
}

func (l *loader) fail(format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf(format, args...))
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// environment keeps the variables of ours, and warns of those that are none.
func (l *loader) environment() {
	known := make([]string, 0, 2*len(settings))
	for i := range settings {
		known = append(known, settings[i].name)
		if settings[i].secret {
			known = append(known, settings[i].name+fileSuffix)
		}
	}
	for _, pair := range l.Environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(name, prefix):
		case !slices.Contains(known, name):
			l.warn("the variable %s is not known and has no effect%s", name, hint(name, known))
		case strings.TrimSpace(value) != "": // empty is as if it were not set: env files are full of such lines
			l.given[name] = value
		}
	}
}

// variable takes one setting from the environment, or from the file that it names.
func (l *loader) variable(s *setting) {
	value, set := l.given[s.name]
	path, fromFile := l.given[s.name+fileSuffix]
	origin := "environment " + s.name
	switch {
	case set && fromFile && s.secret:
		l.fail("%s: %s%s is set as well: set one of the two", s.name, s.name, fileSuffix)
		return
	case fromFile && s.secret:
		text, err := l.read(strings.TrimSpace(path))
		if err != nil {
			l.fail("%s%s: %w", s.name, fileSuffix, err)
			return
		}
		if value, origin = string(text), "file "+path; strings.TrimSpace(value) == "" {
			l.fail("%s%s: the file %s is empty", s.name, fileSuffix, path)
			return
		}
	case !set:
		return
	}
	l.take(s, strings.TrimSpace(value), origin, func(err error) { l.fail("%s: %w", s.name, err) })
}

// take sets a setting.
func (l *loader) take(s *setting, value, origin string, failed func(error)) {
	l.keepSecret(s, value)
	if err := s.set(l.config, value); err != nil {
		failed(err)
		return
	}
	l.config.given[s.name] = given{s.masked(value), origin}
}

// keepSecret notes what may never be shown: the value, or the password in a URL.
func (l *loader) keepSecret(s *setting, value string) {
	if s.secret && s.name != chatVariable && s.name != alertmanagerVariable {
		l.config.secrets = append(l.config.secrets, value)
	}
	for _, one := range items(value) {
		l.config.secrets = append(l.config.secrets, passwords(one)...)
	}
}

// passwords gives the password of a URL, as it is and as the URL writes it.
func passwords(s string) []string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return nil
	}
	password, ok := u.User.Password()
	if !ok {
		return nil
	}
	_, written, _ := strings.Cut(u.User.String(), ":")
	return []string{password, written}
}

func (l *loader) read(path string) ([]byte, error) {
	text, err := l.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file can't be read: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the file %s is larger than %d bytes", path, maxFile)
	}
	return text, nil
}

// file reads the YAML file.
func (l *loader) file() {
	path := strings.TrimSpace(l.given[prefix+"CONFIG"])
	if path == "" {
		return
	}
	text, err := l.read(path)
	if err != nil {
		l.fail("WATCHDOG_CONFIG: %w", err)
		return
	}
	r := &reader{file: path, errs: &l.errs}
	if root, ok := r.parseYAML(text); ok {
		root.object(l.tree(""))
	}
}

// tree gives what the mapping at a path of the file may hold: the rows of the table
// below it, and the sections that have no variable.
func (l *loader) tree(at string) fields {
	known := fields{}
	for name, read := range l.sections(at) {
		known[name] = read
	}
	for i := range settings {
		s := &settings[i]
		rest, below := strings.CutPrefix(s.path, at)
		if s.path == "" || !below {
			continue
		}
		name, deeper, _ := strings.Cut(strings.TrimPrefix(rest, "."), ".")
		if at != "" && !strings.HasPrefix(rest, ".") {
			continue
		}
		if deeper != "" {
			known[name] = func(v value) { v.object(l.tree(join(at, name))) }
			continue
		}
		known[name] = l.leaf(s)
		if s.secret {
			known[name+"_file"] = l.leafFile(s)
		}
	}
	return known
}

// leaf takes one setting from the file; a list stands for its items with commas.
func (l *loader) leaf(s *setting) func(value) {
	return func(v value) {
		var all []string
		before := len(l.errs)
		setList(&all, plainText)(v)
		if _, isList := v.node.(*ast.SequenceNode); isList && !strings.Contains(s.doc, "comma") && s.path != "containers.expect" && s.path != "witness.urls" {
			v.fail("this has to be a single value")
		}
		if len(l.errs) == before {
			l.take(s, strings.Join(all, ","), v.origin(), func(err error) { v.fail("%v", err) })
		}
	}
}

func (l *loader) leafFile(s *setting) func(value) {
	return func(v value) {
		var path string
		set(&path, plainText)(v)
		text, err := l.read(path)
		if err != nil {
			v.fail("%v", err)
			return
		}
		l.take(s, strings.TrimSpace(string(text)), v.origin(), func(err error) { v.fail("%v", err) })
	}
}

func hostPort(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is not host:port", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q has no port from 0 to 65535", s)
	}
	return nil
}

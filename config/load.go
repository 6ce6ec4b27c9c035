package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // the image has no zones of its own

	"orchestrator-watchdog/messages/secret"
)

const (
	prefix     = "WATCHDOG_"
	fileSuffix = "_FILE"
	fromEnv    = "environment " // how an origin in the environment begins
	// maxFile bounds what is read of a secret's or the YAML file, in bytes.
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
	kinds    Kinds
	rows     []setting // of the kinds
	config   *Config
	env      map[string]string // the environment's variables of ours
	errs     []error
	warnings []string
}

// Load reads the settings: the environment wins over the file, the file over the
// default. The error is all problems joined, one a line. The warnings are worth a log
// line each. The Config is never nil, and holds what could be read: Enabled is to be
// trusted also beside an error, unless the error is its own.
func Load(src Source, kinds Kinds) (cfg *Config, warnings []string, err error) {
	l := &loader{
		Source: src, kinds: kinds, env: make(map[string]string),
		config: kinds.defaults(), rows: kinds.rows(),
	}
	for i := range l.rows {
		if s := &l.rows[i]; s.preset != "" {
			_ = s.set(l.config, s.items(s.preset)) // a test holds the presets to be well
		}
	}
	l.environment()
	l.file()
	for i := range l.rows {
		if l.rows[i].name != "" {
			l.variable(&l.rows[i])
		}
	}
	if l.config.HostLabel == "" {
		l.config.HostLabel = l.Hostname
	}
	if l.config.Zone == nil {
		l.config.Zone = l.zoneOfTZ()
	}
	l.check()
	l.warnOfOrdinary()
	return l.config, l.warnings, errors.Join(l.config.scrubbed(first(l.errs))...)
}

// maxProblems are listed: nobody fixes more than that at once.
const maxProblems = 100

// first are the problems that are listed, and how many are not.
func first(problems []error) []error {
	if len(problems) <= maxProblems {
		return problems
	}
	return append(slices.Clip(problems[:maxProblems]), fmt.Errorf("and %d more problems", len(problems)-maxProblems))
}

func (l *loader) fail(format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf(format, args...))
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// environment keeps the variables of ours, and warns of those that are none.
func (l *loader) environment() {
	known := l.kinds.Variables()
	for _, pair := range l.Environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(name, prefix), name == imageVariable:
		case !slices.Contains(known, name):
			l.warn("the variable %s is not known and has no effect%s", name, hintVariable(name, known))
		default:
			l.variables(name, strings.TrimSpace(value))
		}
	}
}

// imageVariable is Compose's: it names the image, and is in the same file as our variables.
const imageVariable = prefix + "IMAGE"

// variables keeps the value of a variable. An empty one is as if it were not set: env files
// are full of such lines. Quotes around a value are not part of it, as in Compose.
func (l *loader) variables(name, value string) {
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = strings.TrimSpace(value[1 : n-1])
		l.warn("the quotes around the value of %s are not taken as part of it: `docker run --env-file` hands them on as they are", name)
	}
	if value != "" {
		l.env[name] = value
	}
}

// variable takes one setting from the environment, or from the file that it names.
func (l *loader) variable(s *setting) {
	value, set := l.env[s.name]
	at, fromFile := l.env[s.name+fileSuffix]
	switch {
	case set && s.file && fromFile:
		l.fail("%s: %s%s is set as well: set one of the two", s.name, s.name, fileSuffix)
	case set:
		l.take(s, s.items(value), fromEnv+s.name, func(err error) { l.fail("%s: %w", s.name, err) })
	case s.file && fromFile:
		failed := func(err error) { l.fail("%s%s: %w", s.name, fileSuffix, err) }
		value, err := l.secretFile(at)
		if err != nil {
			failed(err)
			return
		}
		l.take(s, s.items(value), fromEnv+s.name+fileSuffix+", file "+at, failed)
	}
}

// take sets a setting, or reports why it can't be.
func (l *loader) take(s *setting, items []string, origin string, failed func(error)) {
	for _, one := range items {
		if s.secret {
			l.config.keepSecret(one)
		}
		l.config.keepSecret(secret.InURL(one)...)
	}
	if err := s.set(l.config, items); err != nil {
		failed(err)
		return
	}
	l.config.given[s.id()] = given{value: s.masked(items), origin: origin, items: items}
}

// secretFile reads a file that holds one value, without the white space around it.
func (l *loader) secretFile(at string) (string, error) {
	content, err := l.read(at)
	if err != nil {
		return "", err
	}
	value := strings.TrimSpace(string(content))
	if value == "" {
		return "", fmt.Errorf("the file %s is empty", at)
	}
	return value, nil
}

// read reads a file whole. Its error names the path only where it looks like one: the
// secret itself may stand there by mistake.
func (l *loader) read(at string) ([]byte, error) {
	shown := at
	if !path.IsAbs(at) && !strings.HasPrefix(at, "./") && !strings.HasPrefix(at, "../") {
		shown = "it names (not shown: it could be the secret itself)"
	}
	l.config.files = append(l.config.files, at)
	content, err := l.ReadFile(at)
	var onPath *fs.PathError
	if errors.As(err, &onPath) {
		err = onPath.Err
	}
	switch {
	case errors.Is(err, syscall.EISDIR):
		return nil, fmt.Errorf("the file %s is a directory: Docker makes one where a file that is to be mounted is missing; remove it on the host, put the file there, and make the container anew", shown)
	case err != nil && shown != at && onPath == nil:
		return nil, fmt.Errorf("the file %s can't be read", shown)
	case err != nil:
		return nil, fmt.Errorf("the file %s can't be read: %w", shown, err)
	case len(content) > maxFile:
		return nil, fmt.Errorf("the file %s is larger than %d bytes", shown, maxFile)
	}
	return content, nil
}

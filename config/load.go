package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // the image has no zone files

	"orchestrator-watchdog/messages/secret"
)

const (
	prefix     = "WATCHDOG_"
	fileSuffix = "_FILE"
	fromEnv    = "environment " // prefix of an origin in the environment
	// maxFile bounds the YAML file and each file of a secret, in bytes.
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
	config   *Config
	env      map[string]string // our variables in the environment
	errs     []error
	warnings []string
}

// Load reads the settings: the environment wins over the file, the file over the
// default. The error joins all problems, one a line. Each warning is worth a log line.
// The Config is never nil, and contains what could be read: Enabled is valid even with an error,
// unless the error is about Enabled itself.
func Load(src Source, kinds Kinds) (cfg *Config, warnings []string, err error) {
	l := &loader{
		Source: src, kinds: kinds, env: make(map[string]string),
		config: kinds.defaults(),
	}
	for _, s := range l.config.rows() {
		if s.Preset != "" {
			_ = s.set(s.items(s.Preset)) // a test checks the presets
		}
	}
	l.environment()
	l.file()
	for _, s := range l.config.rows() {
		if s.Variable != "" {
			l.variable(&s)
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

// maxProblems is how many problems are listed.
const maxProblems = 100

// first returns the first maxProblems problems, and an error that counts the others.
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

// environment collects our variables, and warns about unknown ones.
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

// imageVariable is used by the Compose file. It names the image, and is in the same file as our variables.
const imageVariable = prefix + "IMAGE"

// variables stores the value of a variable. An empty one counts as not set, because env files
// contain many empty lines. Quotes around a value are removed, as in Compose.
func (l *loader) variables(name, value string) {
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = strings.TrimSpace(value[1 : n-1])
		l.warn("the quotes around the value of %s are ignored: `docker run --env-file` passes them on as part of the value", name)
	}
	if value != "" {
		l.env[name] = value
	}
}

// variable reads one setting from its variable, or from the file that its _FILE variable names.
func (l *loader) variable(s *setting) {
	value, set := l.env[s.Variable]
	at, fromFile := l.env[s.Variable+fileSuffix]
	switch {
	case set && s.File && fromFile:
		l.fail("%s: %s%s is set as well: set one of the two", s.Variable, s.Variable, fileSuffix)
	case set && len(s.items(value)) == 0: // a list of nothing but commas counts as not set
		delete(l.env, s.Variable)
	case set:
		l.take(s, s.items(value), fromEnv+s.Variable, func(err error) { l.fail("%s: %w", s.Variable, err) })
	case s.File && fromFile:
		failed := func(err error) { l.fail("%s%s: %w", s.Variable, fileSuffix, err) }
		value, err := l.secretFile(at)
		if err != nil {
			failed(err)
			return
		}
		l.take(s, s.items(value), fromEnv+s.Variable+fileSuffix+", file "+at, failed)
	}
}

// take sets a setting, or calls failed with the error.
func (l *loader) take(s *setting, items []string, origin string, failed func(error)) {
	for _, one := range items {
		if s.Secrets != nil {
			l.config.keepSecret(one)
		}
		l.config.keepSecret(secret.InURL(one)...)
	}
	if err := s.set(items); err != nil {
		failed(err)
		return
	}
	l.config.given[s.id()] = given{value: s.masked(items), origin: origin, items: items}
}

// secretFile reads a file with one value, without the white space around it.
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

// read reads a whole file. Its error names the path only if it looks like one, because the
// secret itself may have been given by mistake.
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
		return nil, fmt.Errorf("the file %s is a directory: Docker creates one if the file to mount is missing; remove it on the host, put the file there, and re-create the container", shown)
	case err != nil && shown != at && onPath == nil:
		return nil, fmt.Errorf("the file %s can't be read", shown)
	case err != nil:
		return nil, fmt.Errorf("the file %s can't be read: %w", shown, err)
	case len(content) > maxFile:
		return nil, fmt.Errorf("the file %s is larger than %d bytes", shown, maxFile)
	}
	return content, nil
}

package config

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// setter makes the items of a setting its value; one that is no list has one item. Its
// error never quotes a text that may hold a secret.
type setter = func(*Config, []string) error

// by makes a setter of a parser.
func by[T any](part func(*Config) *T, parse func(string) (T, error)) setter {
	return func(c *Config, one []string) error {
		parsed, err := parse(one[0])
		if err == nil {
			*part(c) = parsed
		}
		return err
	}
}

func text(part func(*Config) *string) setter               { return by(part, field.Text) }
func flag(part func(*Config) *bool) setter                 { return by(part, field.Bool) }
func ticks(part func(*Config) *int) setter                 { return by(part, field.Ticks) }
func address(part func(*Config) *string) setter            { return by(part, field.URL) }
func hiddenAddress(part func(*Config) *secret.Text) setter { return by(part, secretAddress) }

func atLeast(least time.Duration, part func(*Config) *time.Duration) setter {
	return by(part, field.AtLeast(least))
}

func oneOf(part func(*Config) *string, choices ...string) setter {
	return by(part, func(s string) (string, error) {
		if !slices.Contains(choices, strings.ToLower(s)) {
			return "", fmt.Errorf("%q is none of %s", s, strings.Join(choices, ", "))
		}
		return strings.ToLower(s), nil
	})
}

func hostLabel(s string) (string, error) {
	if strings.ContainsFunc(s, field.IsControl) {
		return "", fmt.Errorf("%q holds control characters", s)
	}
	return s, nil
}

func absolutePath(s string) (string, error) {
	if !path.IsAbs(s) {
		return "", fmt.Errorf("%q is no absolute path", s)
	}
	return s, nil
}

// listen is empty for off.
func listen(s string) (string, error) {
	if strings.EqualFold(s, "off") {
		return "", nil
	}
	return field.HostPort(s)
}

// controlName is the name of an abstract Unix socket; Linux takes at most 107 bytes.
func controlName(s string) (string, error) {
	if strings.EqualFold(s, "off") {
		return s, nil
	}
	if len(s) < 2 || len(s) > 107 || s[0] != '@' || strings.ContainsFunc(s, field.IsBlank) {
		return "", fmt.Errorf("%q is no name of an abstract socket, such as @watchdog-9465: an @ and up to 106 bytes without spaces; or off", s)
	}
	return s, nil
}

// items splits the text of a setting: that of a list at its commas.
func (s *setting) items(text string) []string {
	if !s.list {
		return []string{strings.TrimSpace(text)}
	}
	return trimmed(strings.Split(text, ","))
}

// trimmed are the items of a list without the white space around them, and without empty ones.
func trimmed(items []string) []string {
	var all []string
	for _, one := range items {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

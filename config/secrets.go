package config

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
)

// tokenAnywhere matches a bot's token anywhere in a text.
var tokenAnywhere = regexp.MustCompile(`[0-9]{6,}:[A-Za-z0-9_-]{16,}`)

// minSecret is the minimal length of a secret that problems are searched for, because shorter
// ones would mask ordinary text. (No parser of secrets quotes its value.)
const minSecret = 4

func (c *Config) keepSecret(secrets ...string) {
	for _, s := range secrets {
		if s != "" && !slices.Contains(c.secrets, s) {
			c.secrets = append(c.secrets, s)
		}
	}
}

// ordinary reports whether a secret can't be told from ordinary text.
func (c *Config) ordinary(s string) bool {
	named := func(name string) bool { return strings.EqualFold(name, s) }
	return secret.IsTooCommon(s) || named(c.HostLabel) || c.lists(named) ||
		slices.ContainsFunc(c.Dependencies, func(d Dependency) bool { return named(d.Name) }) ||
		slices.ContainsFunc(c.Channels, func(ch Channel) bool { return named(ch.Name) }) ||
		slices.ContainsFunc(c.Rules, func(r field.Named) bool { return named(r.ItemName()) })
}

// lists reports whether a list of the table has such an item.
func (c *Config) lists(such func(item string) bool) bool {
	return slices.ContainsFunc(c.rows(), func(s setting) bool { return s.isList() && !s.File && slices.ContainsFunc(c.items(&s), such) })
}

// warnOfOrdinary warns once if there are secrets that are not searched for.
func (l *loader) warnOfOrdinary() {
	if slices.ContainsFunc(l.config.secrets, l.config.ordinary) {
		l.warn("a password or token in the settings is shorter than 4 characters, an ordinary word (such as a program's name) or also a name in the " +
			"settings: the log and check can't tell it from ordinary text, and don't mask it; choose another one")
	}
}

// scrubbed masks secrets in the texts of problems. A secret in a wrong place, such as a token as a
// tick, would be quoted like any other value.
func (c *Config) scrubbed(problems []error) []error {
	secrets := slices.Clone(c.secrets)
	// The longest first, because one secret may be part of another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for i, err := range problems {
		clean := tokenAnywhere.ReplaceAllString(err.Error(), secret.Mask)
		clean = secret.MaskUsers(clean)
		for _, s := range secrets {
			if len(s) >= minSecret {
				quoted := strings.Trim(strconv.Quote(s), `"`)
				clean = strings.NewReplacer(s, secret.Mask, quoted, secret.Mask).Replace(clean)
			}
		}
		if clean != err.Error() {
			problems[i] = errors.New(clean)
		}
	}
	return problems
}

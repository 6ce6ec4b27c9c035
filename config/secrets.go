package config

import (
	"cmp"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// What looks like a secret wherever it stands: a bot's token, and the user part of a URL.
var (
	tokenAnywhere = regexp.MustCompile(`[0-9]{6,}:[A-Za-z0-9_-]{16,}`)
	userAnywhere  = regexp.MustCompile(`://[^/\s"'?#]*@`)
)

// passwordInDSN is the password in a DSN of the form key=value.
var passwordInDSN = regexp.MustCompile(`(?i)\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// secretParameter fits the names of a URL's parameters whose values are secrets.
var secretParameter = regexp.MustCompile(
	`(?i)token|secret|passw|pwd|signature|credential|(?:^|[_.-])(?:(?:api|access|private)?key|auth(?:orization)?|pass|sig|session(?:id)?)$`)

// minSecret is how long a secret must be for problems to be searched for it: shorter
// ones would mask ordinary text. (No parser of secrets quotes what it is given.)
const minSecret = 4

func (c *Config) keepSecret(secrets ...string) {
	for _, s := range secrets {
		if s != "" && !slices.Contains(c.secrets, s) {
			c.secrets = append(c.secrets, s)
		}
	}
}

// ordinary tells whether a secret can't be told from ordinary text.
func (c *Config) ordinary(s string) bool {
	named := func(name string) bool { return strings.EqualFold(name, s) }
	return secret.Ordinary(s) || named(c.HostLabel) || slices.ContainsFunc(c.Docker.Expect, named) ||
		slices.ContainsFunc(c.Dependencies, func(d Dependency) bool { return named(d.Name) }) ||
		slices.ContainsFunc(c.Orchestrator.Rules, func(r Rule) bool { return named(r.Name) })
}

// warnOfOrdinary warns once of secrets that are not searched for.
func (l *loader) warnOfOrdinary() {
	if slices.ContainsFunc(l.config.secrets, l.config.ordinary) {
		l.warn("a password or token in the settings is shorter than 4 characters, an ordinary word (such as a program's name) or a name that the " +
			"settings give something else: the log and check can't tell it from ordinary text, and don't mask it there; choose another one")
	}
}

// passwords gives what is secret in a URL: of its user part the password or, where there
// is none, the user, which is a token then; and the parameters that are secret by name.
// Each is given plain, as it is written here, and as a URL writes it that is printed.
func passwords(s string) []string {
	u, err := url.Parse(s)
	if err != nil {
		return nil
	}
	found := parameters(u)
	if u.User == nil {
		return found
	}
	written, _, _ := strings.Cut(strings.TrimPrefix(s, u.Scheme+"://"), "@")
	password, ok := u.User.Password()
	if !ok {
		return append(found, u.User.Username(), written, u.User.String())
	}
	_, written, _ = strings.Cut(written, ":")
	_, printed, _ := strings.Cut(u.User.String(), ":")
	return append(found, password, written, printed)
}

// parameters gives the values of a URL's query that are secret by their name.
func parameters(u *url.URL) []string {
	var found []string
	for one := range strings.SplitSeq(u.RawQuery, "&") {
		name, written, _ := strings.Cut(one, "=")
		if !secretParameter.MatchString(name) {
			continue
		}
		found = append(found, written)
		if plain, err := url.QueryUnescape(written); err == nil {
			found = append(found, plain, url.QueryEscape(plain))
		}
	}
	return found
}

// dsnPasswords gives the passwords in a DSN of PostgreSQL.
func dsnPasswords(dsn string) []string {
	found := passwords(dsn)
	for _, m := range passwordInDSN.FindAllStringSubmatch(dsn, -1) {
		found = append(found, m[1], strings.Trim(m[1], "'"))
	}
	return found
}

// shownURL masks what is secret in a URL.
func shownURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return userAnywhere.ReplaceAllString(s, "://"+secret.Mask+"@")
	}
	if u.User == nil && len(parameters(u)) == 0 {
		return s
	}
	u.RawQuery = shownQuery(u.RawQuery)
	if u.User == nil {
		return u.String()
	}
	shown := secret.Mask
	if _, ok := u.User.Password(); ok {
		shown = url.User(u.User.Username()).String() + ":" + secret.Mask
	}
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+shown+"@", 1)
}

// shownQuery masks the parameters that are secret by their name.
func shownQuery(query string) string {
	all := strings.Split(query, "&")
	for i, one := range all {
		if name, value, _ := strings.Cut(one, "="); value != "" && secretParameter.MatchString(name) {
			all[i] = name + "=" + secret.Mask
		}
	}
	return strings.Join(all, "&")
}

// scrubbed gives the problems without any secret that a value in a wrong place brought
// into their text: a token as a tick is quoted like any other wrong tick.
func (c *Config) scrubbed(problems []error) []error {
	secrets := slices.Clone(c.secrets)
	// The longest first: one secret may be part of another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for i, err := range problems {
		clean := tokenAnywhere.ReplaceAllString(err.Error(), secret.Mask)
		clean = userAnywhere.ReplaceAllString(clean, "://"+secret.Mask+"@")
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

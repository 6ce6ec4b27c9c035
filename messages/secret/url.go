package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// userAnywhere is the user part of a URL, wherever it stands.
var userAnywhere = regexp.MustCompile(`://[^/\s"'?#]*@`)

// secretParameter fits the names of a URL's parameters whose values are secrets.
var secretParameter = regexp.MustCompile(
	`(?i)token|secret|passw|pwd|signature|credential|(?:^|[_.-])(?:(?:api|access|private)?key|auth(?:orization)?|pass|sig|session(?:id)?)$`)

// Named tells whether what has this name, as a parameter or a key, is a secret.
func Named(name string) bool { return secretParameter.MatchString(name) }

// InURL gives what is secret in a URL: of its user part the password or, where there is
// none, the user, which is a token then; and the parameters that are secret by name. Each is
// given plain, as it is written here, and as a URL writes it that is printed.
func InURL(s string) []string {
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
		if !Named(name) {
			continue
		}
		found = append(found, written)
		if plain, err := url.QueryUnescape(written); err == nil {
			found = append(found, plain, url.QueryEscape(plain))
		}
	}
	return found
}

// MaskURL masks what is secret in a URL.
func MaskURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return MaskUsers(s)
	}
	if u.User == nil && len(parameters(u)) == 0 {
		return s
	}
	u.RawQuery = maskedQuery(u.RawQuery)
	if u.User == nil {
		return u.String()
	}
	shown := Mask
	if _, ok := u.User.Password(); ok {
		shown = url.User(u.User.Username()).String() + ":" + Mask
	}
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+shown+"@", 1)
}

// MaskUsers masks the user parts of the URLs in a text.
func MaskUsers(text string) string { return userAnywhere.ReplaceAllString(text, "://"+Mask+"@") }

// maskedQuery masks the parameters that are secret by their name.
func maskedQuery(query string) string {
	all := strings.Split(query, "&")
	for i, one := range all {
		if name, value, _ := strings.Cut(one, "="); value != "" && Named(name) {
			all[i] = name + "=" + Mask
		}
	}
	return strings.Join(all, "&")
}

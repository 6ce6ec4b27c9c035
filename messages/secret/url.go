package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// userAnywhere matches the user part of a URL inside any text.
var userAnywhere = regexp.MustCompile(`://[^/\s"'?#]*@`)

// secretParameter matches the names of URL parameters whose values are secret.
var secretParameter = regexp.MustCompile(
	`(?i)token|secret|passw|pwd|signature|credential|(?:^|[_.-])(?:(?:api|access|private)?key|auth(?:orization)?|pass|sig|session(?:id)?)$`)

// IsSecretName reports whether the value of a parameter or key with this name is a secret.
func IsSecretName(name string) bool { return secretParameter.MatchString(name) }

// InURL returns the secrets in a URL: the password, or the user name if there is no password,
// since it is a token then, and the values of parameters with secret names. Each is returned
// decoded, as written in s, and as url.URL prints it.
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

// parameters returns the values of the query parameters with secret names.
func parameters(u *url.URL) []string {
	var found []string
	for one := range strings.SplitSeq(u.RawQuery, "&") {
		name, written, _ := strings.Cut(one, "=")
		if !IsSecretName(name) {
			continue
		}
		found = append(found, written)
		if plain, err := url.QueryUnescape(written); err == nil {
			found = append(found, plain, url.QueryEscape(plain))
		}
	}
	return found
}

// MaskURL masks the secrets in a URL.
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

// maskedQuery masks the values of the parameters with secret names.
func maskedQuery(query string) string {
	all := strings.Split(query, "&")
	for i, one := range all {
		if name, value, _ := strings.Cut(one, "="); value != "" && IsSecretName(name) {
			all[i] = name + "=" + Mask
		}
	}
	return strings.Join(all, "&")
}

package peer

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// harmless are headers whose values are no secret.
var harmless = []string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", "Host", "User-Agent"}

// CleanerOf makes a cleaner of all that is secret in the requests to a URL: its user
// part, the values of its query, and every header that may hold a secret.
func CleanerOf(u *url.URL, header http.Header, more ...string) *secret.Cleaner {
	secrets := more
	if u != nil && u.User != nil {
		password, given := u.User.Password()
		if !given {
			password = u.User.Username() // a token in the place of a user
		}
		secrets = append(secrets, password)
	}
	if u != nil {
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
	}
	for name, values := range header {
		if slices.Contains(harmless, http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, value := range values {
			secrets = append(secrets, inHeader(value)...)
		}
	}
	return secret.NewCleaner(secrets...)
}

// inHeader returns what may be secret in the value of a header: the whole, what stands
// behind a scheme as Bearer, and the password in a Basic one.
func inHeader(value string) []string {
	all := []string{value}
	scheme, credentials, found := strings.Cut(value, " ")
	if !found {
		return all
	}
	all = append(all, strings.TrimSpace(credentials))
	if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials)); err == nil && strings.EqualFold(scheme, "Basic") {
		if _, password, found := strings.Cut(string(plain), ":"); found {
			all = append(all, string(plain), password)
		}
	}
	return all
}

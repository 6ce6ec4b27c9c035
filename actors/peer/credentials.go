package peer

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"orchestrator-watchdog/messages/secret"
)

// harmlessHeaders are the headers whose values are not secret.
var harmlessHeaders = []string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", "Host", "User-Agent"}

// NewCleaner returns a cleaner of the secrets in the requests to a URL: its user part, the values
// of its query, the values of all headers that are not harmless, and more.
func NewCleaner(u *url.URL, header http.Header, more ...string) *secret.Cleaner {
	secrets := more
	if u != nil && u.User != nil {
		password, given := u.User.Password()
		if !given {
			password = u.User.Username() // a token
		}
		secrets = append(secrets, password)
	}
	if u != nil {
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
	}
	for name, values := range header {
		if slices.Contains(harmlessHeaders, http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, value := range values {
			secrets = append(secrets, secretsInHeader(value)...)
		}
	}
	return secret.NewCleaner(secrets...)
}

// secretsInHeader returns the possible secrets in the value of a header: the whole value, the part
// after a scheme such as Bearer, and the password of Basic credentials.
func secretsInHeader(value string) []string {
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

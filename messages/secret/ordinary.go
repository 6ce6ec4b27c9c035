package secret

import (
	"slices"
	"strings"
)

// minSearched is the length of the shortest secret to search for in any text, in bytes.
// Shorter ones occur by chance.
const minSearched = 4

// words are common in a watchdog's texts: its own terms, and names of programs, which people
// also use as passwords.
var words = strings.Fields(`
	actor admin alert announced app backend cache certificate channel clock container core critical data database debug
	default delivery dependency detail docker down elasticsearch error event exited false frontend gateway gitea grafana
	guest healthy host http https info internal kafka kubernetes level load localhost log mail main memcached memory
	message metrics minio mongo mongodb mysql name nginx none notification null observation offline orchestrator password
	pending podman postgres postgresql probe probes prometheus public queue rabbitmq reason recovered redis registry
	report root running secret server service signal signals since slow some started state status stopped system telegram
	test time token true unhealthy unknown user value version warn warning watchdog web webhook worker workers`)

// IsTooCommon reports whether a secret is too short or too common a word to search for in any
// text. Masking it would damage unrelated text, and so reveal the secret. In the answers of a
// peer that received the secret, a Cleaner masks it anyway.
func IsTooCommon(s string) bool {
	return len(s) < minSearched || slices.Contains(words, strings.ToLower(s))
}

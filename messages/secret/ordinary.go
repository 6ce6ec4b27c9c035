package secret

import (
	"slices"
	"strings"
)

// minSearched is the length of the shortest secret that is searched for in texts of all
// kinds: anything shorter stands in them by chance.
const minSearched = 4

// words stand in ordinary texts of a watchdog: what it calls things, and the names of programs
// that people also take for passwords.
var words = strings.Fields(`
	actor admin alert announced app backend cache certificate channel clock container core critical data database debug
	default delivery dependency detail docker down elasticsearch error event exited false frontend gateway gitea grafana
	guest healthy host http https info internal kafka kubernetes level load localhost log mail main memcached memory
	message metrics minio mongo mongodb mysql name nginx none notification null observation offline orchestrator password
	pending podman postgres postgresql probe probes prometheus public queue rabbitmq reason recovered redis registry
	report root running secret server service signal signals since slow some started state status stopped system telegram
	test time token true unhealthy unknown user value version warn warning watchdog web webhook worker workers`)

// Ordinary tells whether a secret is too short, or too ordinary a word, to be searched for
// in texts: masking it would spoil what has nothing to do with it, and give it away by that.
// What a peer that was given it says back is masked all the same, by a Cleaner.
func Ordinary(s string) bool {
	return len(s) < minSearched || slices.Contains(words, strings.ToLower(s))
}

package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Hint returns "; did you mean X?" for the known name X that is nearest to the given one, or an
// empty string if none is near.
func Hint(name string, known []string) string { return didYouMean(near(name, known)) }

// near returns the nearest known name, or an empty string if none is near.
func near(name string, known []string) string {
	best, distance := "", len(name)/2+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(name, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", name)
}

// meant maps names that people know from other tools to ours, without the prefix.
var meant = map[string]string{
	"INTERVAL": "TICK", "SCRAPE_INTERVAL": "TICK", "POLL_INTERVAL": "TICK", "CHECK_INTERVAL": "TICK",
	"TOKEN": "TELEGRAM_TOKEN", "BOT_TOKEN": "TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN": "TELEGRAM_TOKEN", "CHAT_ID": "TELEGRAM_CHAT_ID", "CHAT": "TELEGRAM_CHAT_ID",
	"URL": "ORCH_URL", "ORCHESTRATOR_URL": "ORCH_URL", "METRICS_URL": "ORCH_URL", "PORT": "LISTEN", "HOSTNAME": "HOST_LABEL", "CONFIG_FILE": "CONFIG",
}

// hintVariable is Hint for a variable; it compares the names without the common prefix.
func hintVariable(name string, known []string) string {
	bare := strings.TrimPrefix(name, prefix)
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = strings.TrimPrefix(k, prefix)
	}
	if best := cmp.Or(meant[bare], near(bare, names)); best != "" {
		return didYouMean(prefix + best)
	}
	return ""
}

// Nearest returns at most that many of the known names, the nearest to the given one first.
// A name that contains the given one is nearer than any other.
func Nearest(name string, known []string, most int) []string {
	distance := func(k string) int {
		if name != "" && strings.Contains(k, name) {
			return 0
		}
		return editDistance(name, k)
	}
	sorted := slices.Clone(known)
	slices.SortFunc(sorted, func(a, b string) int {
		return cmp.Or(distance(a)-distance(b), cmp.Compare(a, b))
	})
	return sorted[:min(most, len(sorted))]
}

// editDistance returns the number of characters to insert, delete or change.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

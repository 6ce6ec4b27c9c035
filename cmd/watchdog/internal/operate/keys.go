package operate

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

// maxListed is how many signals a question about an unclear name lists.
const maxListed = 10

// Find gives the signal that is meant: an exact key, else an exact instance, else any part
// of a key. The error says that there is none, or which there are.
func Find(known []messages.Key, word string) (messages.Key, error) {
	if slices.Contains(known, messages.Key(word)) {
		return messages.Key(word), nil
	}
	for _, fits := range []func(messages.Key) bool{
		func(k messages.Key) bool { return k.Instance() == word },
		func(k messages.Key) bool { return strings.Contains(string(k), word) },
	} {
		var found []string
		for _, k := range known {
			if word != "" && fits(k) {
				found = append(found, string(k))
			}
		}
		switch {
		case len(found) == 1:
			return messages.Key(found[0]), nil
		case len(found) > maxListed:
			return "", fmt.Errorf("%q fits %d signals, among them %s: name one of them", word, len(found), strings.Join(found[:maxListed], ", "))
		case len(found) > 1:
			return "", fmt.Errorf("%q fits several signals: %s: name one of them", word, strings.Join(found, ", "))
		}
	}
	return "", fmt.Errorf("there is no signal %q: watchdog status --json lists all", word)
}

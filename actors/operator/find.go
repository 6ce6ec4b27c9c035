package operator

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

// maxListed is how many signals an answer lists.
const maxListed = 10

// Find returns the known signal that the word means: the one with this key, else the one with this
// instance, else the one whose key contains the word.
func Find(known []messages.Key, word string) (messages.Key, error) {
	if slices.Contains(known, messages.Key(word)) {
		return messages.Key(word), nil
	}
	for _, fits := range []func(messages.Key) bool{
		func(k messages.Key) bool { return k.Instance() == word },
		func(k messages.Key) bool { return strings.Contains(string(k), word) },
	} {
		var found []messages.Key
		for _, k := range known {
			if word != "" && fits(k) {
				found = append(found, k)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return "", ambiguous(word, found)
		}
	}
	return "", fmt.Errorf("there is no signal %q", shortened(word))
}

// ambiguous returns the error that a word matches several signals.
func ambiguous(word string, matches []messages.Key) error {
	if len(matches) > maxListed {
		return fmt.Errorf("%q matches %d signals, among them %s: name one of them", shortened(word), len(matches), messages.JoinKeys(matches[:maxListed]))
	}
	return fmt.Errorf("%q matches several signals: %s: name one of them", shortened(word), messages.JoinKeys(matches))
}

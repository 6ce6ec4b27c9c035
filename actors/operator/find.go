package operator

import (
	"fmt"
	"slices"
	"strings"

	"orchestrator-watchdog/messages"
)

// maxListed is how many signals an answer lists.
const maxListed = 10

// UnclearError says that a word matches no signal, or several.
type UnclearError struct {
	Word    string
	Matches []messages.Key // the signals that it matches
}

// Error implements error.
func (u *UnclearError) Error() string {
	word := shortened(u.Word)
	switch {
	case len(u.Matches) == 0:
		return fmt.Sprintf("there is no signal %q", word)
	case len(u.Matches) > maxListed:
		return fmt.Sprintf("%q matches %d signals, among them %s: name one of them", word, len(u.Matches), messages.JoinKeys(u.Matches[:maxListed]))
	}
	return fmt.Sprintf("%q matches several signals: %s: name one of them", word, messages.JoinKeys(u.Matches))
}

// Find returns the known signal that the word means: the one with this key, else the one with this
// instance, else the one whose key contains the word. The error is an *UnclearError.
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
			return "", &UnclearError{word, found}
		}
	}
	return "", &UnclearError{Word: word}
}

package messages

import "strings"

// Key names a signal: "kind" or "kind:instance", as "orch_down" or "dep_down:db".
type Key string

// NewKey joins a kind and an instance; an empty instance gives the bare kind.
func NewKey(kind, instance string) Key {
	if instance == "" {
		return Key(kind)
	}
	return Key(kind + ":" + instance)
}

// Kind returns the part before the first colon.
func (k Key) Kind() string {
	kind, _, _ := strings.Cut(string(k), ":")
	return kind
}

// Instance returns the part after the first colon. It may hold further colons.
func (k Key) Instance() string {
	_, instance, _ := strings.Cut(string(k), ":")
	return instance
}

// JoinKeys returns the keys as a list for people.
func JoinKeys(keys []Key) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// Package button holds what the buttons under a message carry: what they ask for, and of which
// trouble, in at most 64 bytes. It imports messages alone.
package button

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"orchestrator-watchdog/messages"
)

// Do is what a button asks for.
type Do string

// What buttons ask for; the text is the beginning of what they carry, with the form's version.
const (
	Ack     Do = "1a"
	Silence Do = "1s"
	Why     Do = "1w"
)

// MaxData is how many bytes a button carries at the most: Telegram's limit.
const MaxData = 64

// Inert is what a button carries that only shows something.
const Inert = "-"

// hashed is how many characters name a signal: keys may be longer than what a button carries.
const hashed = 16

// Press is what a button asks for: of one trouble of one signal, which it names, so that an
// old button does nothing to a later trouble.
type Press struct {
	Do    Do
	Began int64  // of the trouble, see messages.Trouble
	hash  string // of the signal's key
}

// Data is what a button about a trouble carries.
func Data(do Do, trouble messages.Trouble) string {
	return string(do) + hashOf(trouble.Signal) + strconv.FormatInt(trouble.Began, 36)
}

// Parse reads what a button carried; ok is false for what no button of ours does.
func Parse(data string) (p Press, ok bool) {
	if len(data) > MaxData || len(data) <= 2+hashed {
		return p, false
	}
	p = Press{Do: Do(data[:2]), hash: data[2 : 2+hashed]}
	if p.Do != Ack && p.Do != Silence && p.Do != Why {
		return Press{}, false
	}
	var err error
	p.Began, err = strconv.ParseInt(data[2+hashed:], 36, 64)
	if err != nil || p.Began <= 0 || strconv.FormatInt(p.Began, 36) != data[2+hashed:] {
		return Press{}, false
	}
	_, err = base64.RawURLEncoding.Strict().DecodeString(p.hash)
	return p, err == nil && !strings.ContainsAny(p.hash, "\r\n") // which the decoder passes over
}

// Of tells whether the button is about the signal.
func (p Press) Of(key messages.Key) bool { return p.hash == hashOf(key) }

func hashOf(key messages.Key) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:hashed*3/4])
}

// Package button encodes the data of the buttons under a message: the request, and the trouble
// that it is about, in at most 64 bytes. It imports only messages.
package button

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"orchestrator-watchdog/messages"
)

// Action is the request that a button makes.
type Action string

// The requests. The text is the prefix of the data; its digit is the version of the format.
const (
	Ack     Action = "1a"
	Silence Action = "1s"
	Why     Action = "1w"
)

// maxData is Telegram's limit on the data of a button, in bytes.
const maxData = 64

// Inert is the data of a button that only shows a text.
const Inert = "-"

// hashLength is the length of the hash of a key, in characters. The data holds a hash because
// keys may be longer than maxData.
const hashLength = 16

// Press is the decoded data of a button. It names one trouble of one signal, so that an old
// button does nothing to a later trouble.
type Press struct {
	Action Action
	Began  int64  // see messages.Trouble
	hash   string // of the signal's key
}

// Data returns the data of a button about a trouble.
func Data(do Action, trouble messages.Trouble) string {
	return string(do) + hashOf(trouble.Signal) + strconv.FormatInt(trouble.Began, 36)
}

// Parse decodes the data of a button; ok is false if Data can't have made it.
func Parse(data string) (p Press, ok bool) {
	if len(data) > maxData || len(data) <= 2+hashLength {
		return p, false
	}
	p = Press{Action: Action(data[:2]), hash: data[2 : 2+hashLength]}
	if p.Action != Ack && p.Action != Silence && p.Action != Why {
		return Press{}, false
	}
	var err error
	p.Began, err = strconv.ParseInt(data[2+hashLength:], 36, 64)
	if err != nil || p.Began <= 0 || strconv.FormatInt(p.Began, 36) != data[2+hashLength:] {
		return Press{}, false
	}
	_, err = base64.RawURLEncoding.Strict().DecodeString(p.hash)
	return p, err == nil && !strings.ContainsAny(p.hash, "\r\n") // the decoder ignores them
}

// IsAbout reports whether the button is about the signal.
func (p Press) IsAbout(key messages.Key) bool { return p.hash == hashOf(key) }

func hashOf(key messages.Key) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:hashLength*3/4])
}

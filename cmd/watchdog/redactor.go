package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"orchestrator-watchdog/actors/probe/jsonscan"
	"orchestrator-watchdog/messages/secret"
)

// redactor masks secrets in all output. It runs after the encoder, when a secret inside an error
// or a struct has become text. In a line of the log it masks only texts. Keys, numbers and names
// stay as they are, whatever the secrets are, so that replay can read the log.
type redactor struct {
	mu      sync.Mutex
	out     io.Writer
	secrets []string
}

// names are the fields of a line whose values are names or times, not texts.
var names = map[string]bool{
	"ts": true, "level": true, "msg": true, "actor": true, "signal": true, "signals": true, "to": true, "state": true, "news": true,
	"reason": true, "probe": true, "watches": true, "channel": true, "host": true, "version": true, "since": true, "settings": true,
}

func newRedactor(out io.Writer, secrets []string) *redactor {
	r := &redactor{out: out}
	r.learn(secrets)
	return r
}

// learn adds secrets. Those of before a reload stay masked.
func (r *redactor) learn(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if !secret.IsTooCommon(s) && !slices.Contains(r.secrets, s) {
			r.secrets = append(r.secrets, s)
		}
	}
	// The longest first, because one secret may be part of another.
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

// Write masks and writes one line: a JSON object of the log, or text of a command.
func (r *redactor) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clean := line
	if len(r.secrets) > 0 {
		clean = r.line(line)
	}
	if _, err := r.out.Write(visible(clean)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// visible escapes, as JSON does, what a terminal would obey and what hides or reorders text
// (C1 controls, format characters such as those of bidi). The decoded object is the same.
func visible(line []byte) []byte {
	if !bytes.ContainsFunc(line, isHidden) {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if !isHidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

func isHidden(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}

// line masks the texts of a JSON object. If the line is no JSON, it masks the whole line.
func (r *redactor) line(line []byte) []byte {
	if !json.Valid(line) {
		return []byte(r.clean(string(line)))
	}
	var clean bytes.Buffer
	field, depth, done := "", 0, 0 // field of the outermost object; done: how far the line was copied
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := jsonscan.String(line, i)
			text := jsonscan.Text(line[i:end])
			after := jsonscan.Space(line, end)
			switch {
			case after < len(line) && line[after] == ':':
				if depth == 1 {
					field = text
				}
			case !names[field]:
				if masked := r.clean(text); masked != text {
					clean.Write(line[done:i])
					clean.Write(quoted(masked))
					done = end
				}
			}
			i = end - 1
		}
	}
	if done == 0 {
		return line
	}
	clean.Write(line[done:])
	return clean.Bytes()
}

// quoted returns s as a JSON string.
func quoted(s string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string can't fail
	return bytes.TrimSpace(b.Bytes())
}

func (r *redactor) clean(text string) string {
	for _, s := range r.secrets {
		text = withoutStart(strings.ReplaceAll(text, s, secret.Mask), s)
	}
	return text
}

// minStart is how many bytes of a secret must precede an ellipsis to be masked.
const minStart = 12

// withoutStart masks the beginning of a secret that was cut with an ellipsis.
func withoutStart(text, s string) string {
	if len(s) <= minStart {
		return text
	}
	for from := 0; ; {
		i := strings.Index(text[from:], s[:minStart])
		if i < 0 {
			return text
		}
		start := from + i
		end := start + minStart
		for end < len(text) && end-start < len(s) && text[end] == s[end-start] {
			end++
		}
		if from = end; strings.HasPrefix(text[end:], "…") {
			text = text[:start] + secret.Mask + text[end:]
			from = start + len(secret.Mask)
		}
	}
}

// text masks a text that may still be broken into lines before it is written.
func (r *redactor) text(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clean(s)
}

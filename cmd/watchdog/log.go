package main

import (
	"bytes"
	"io"
	standard "log"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orchestrator-watchdog/messages/secret"
)

// logbook is the daemon's log, with what a reload changes of it.
type logbook struct {
	*zap.Logger
	level    zap.AtomicLevel
	redactor *redactor
}

// newLog makes the daemon's log: one JSON object a line. Whatever a library puts into
// an error, no line leaves with one of the secrets in it.
func newLog(out io.Writer, level zapcore.Level, secrets []string) logbook {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: "ts", LevelKey: "level", MessageKey: "msg",
		LineEnding:     zapcore.DefaultLineEnding,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     encodeTime,
		EncodeDuration: zapcore.StringDurationEncoder,
	})
	l := logbook{level: zap.NewAtomicLevelAt(level), redactor: newRedactor(out, secrets)}
	l.Logger = zap.New(zapcore.NewCore(encoder, zapcore.AddSync(l.redactor), l.level))
	return l
}

// takeIn makes events of what libraries write to Go's standard log, which would be plain
// text on standard error: net/http complains there of a peer that breaks the protocol.
// They are for debugging, since what of them matters shows as a failed reading or sending.
func takeIn(log *zap.Logger) {
	standard.SetFlags(0)
	standard.SetOutput(library{log.With(zap.String("actor", "library"))})
}

// library is where Go's standard log writes to.
type library struct{ log *zap.Logger }

// Write takes one line.
func (l library) Write(line []byte) (int, error) {
	l.log.Debug("library", zap.String("detail", strings.TrimSpace(string(line))))
	return len(line), nil
}

// timeForm is RFC 3339 in UTC, always with fractions, so that lines sort as text.
const timeForm = "2006-01-02T15:04:05.000000Z"

func encodeTime(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
	enc.AppendString(t.UTC().Format(timeForm))
}

// redactor masks secrets in what is written. It stands at the very end, behind the
// encoder: a secret inside of an error or a struct is text by then.
type redactor struct {
	mu      sync.Mutex
	out     io.Writer
	secrets [][]byte
}

// minSecret is how long a secret must be to be masked: shorter ones would mask
// ordinary text, and give themselves away by that.
const minSecret = 4

func newRedactor(out io.Writer, secrets []string) *redactor {
	r := &redactor{out: out}
	r.learn(secrets)
	return r
}

// learn adds secrets to those that are masked: what was one before a reload stays one.
func (r *redactor) learn(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		for _, form := range [][]byte{[]byte(s), jsonEscaped(s)} {
			if len(s) >= minSecret && !slices.ContainsFunc(r.secrets, func(known []byte) bool { return bytes.Equal(known, form) }) {
				r.secrets = append(r.secrets, form)
			}
		}
	}
	// The longest first: one secret may be part of another.
	slices.SortFunc(r.secrets, func(a, b []byte) int { return len(b) - len(a) })
}

// Write masks and writes one line.
func (r *redactor) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clean := r.clean(line)
	if _, err := r.out.Write(clean); err != nil {
		return 0, err
	}
	return len(line), nil
}

func (r *redactor) clean(text []byte) []byte {
	for _, s := range r.secrets {
		if bytes.Contains(text, s) {
			text = bytes.ReplaceAll(text, s, []byte(secret.Mask))
		}
		text = withoutStart(text, s)
	}
	return text
}

// minStart is how much of a secret must stand before the mark of a cut to be masked.
const minStart = 12

// withoutStart masks the beginning of a secret where a text was cut within it.
func withoutStart(text, s []byte) []byte {
	if len(s) <= minStart {
		return text
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], s[:minStart])
		if i < 0 {
			return text
		}
		start := from + i
		end := start + minStart
		for end < len(text) && end-start < len(s) && text[end] == s[end-start] {
			end++
		}
		if from = end; bytes.HasPrefix(text[end:], []byte("…")) {
			text = slices.Concat(text[:start], []byte(secret.Mask), text[end:])
			from = start + len(secret.Mask)
		}
	}
}

// text masks what is not written yet, and may still be broken into lines.
func (r *redactor) text(s string) string { return string(r.clean([]byte(s))) }

// jsonEscaped is the secret as it looks inside of a JSON string.
func jsonEscaped(s string) []byte {
	enc := zapcore.NewJSONEncoder(zapcore.EncoderConfig{})
	buf, err := enc.EncodeEntry(zapcore.Entry{}, []zapcore.Field{zap.String("", s)})
	if err != nil {
		return []byte(s)
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(buf.Bytes()), []byte(`{"":"`)), []byte(`"}`))
}

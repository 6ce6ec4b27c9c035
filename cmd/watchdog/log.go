package main

import (
	"io"
	standard "log"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
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

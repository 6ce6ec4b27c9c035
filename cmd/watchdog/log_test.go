package main

import (
	"bytes"
	"encoding/json"
	"errors"
	standard "log"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// No line leaves with a secret in it, wherever in the line it was.
func TestNoLineHoldsASecret(t *testing.T) {
	var out bytes.Buffer
	const token, quoted = "123:abc-DEF", `pa"ss\word`
	log := newLog(&out, zapcore.DebugLevel, []string{token, quoted, "x"})
	log.Error("send_failed", zap.Error(errors.New("Post https://api/bot"+token+"/sendMessage")),
		zap.Any("struct", struct{ P string }{quoted}), zap.String(token, "as a key"), zap.Stack(token))
	log.Info(token)
	for _, s := range []string{token, quoted, `pa\"ss\\word`} {
		if strings.Contains(out.String(), s) {
			t.Errorf("%q shows in %s", s, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("masking broke the line %s", line)
		}
	}
}

// A text that was cut within a secret shows no part of it; what a secret begins with as
// ordinary text does is left alone.
func TestASecretThatWasCutIsMasked(t *testing.T) {
	const dsn = "postgres://app:hunter2-and-more@db:5432/jobs"
	mask := newRedactor(nil, []string{dsn, "hunter2-and-more"}).text
	for text, want := range map[string]string{
		"a " + dsn + " b":                         "a *** b",
		"cut: " + dsn[:24] + "…":                  "cut: ***…",
		dsn[:20] + "… and " + dsn[:30] + "…":      "***… and ***…",
		"see postgres://app: how to connect":      "see postgres://app: how to connect",
		"postgres://app:hunter2-and-more@other/x": "postgres://app:***@other/x",
		"hunter2-and-":                            "hunter2-and-",
		"hunter2-and-…":                           "***…",
		"postgres://a…":                           "***…",
		"post…":                                   "post…",
	} {
		if got := mask(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// What libraries write to Go's standard log is an event like any other, and as masked.
func TestTheStandardLogIsTakenIn(t *testing.T) {
	t.Cleanup(func() { standard.SetOutput(os.Stderr); standard.SetFlags(standard.LstdFlags) })
	var out bytes.Buffer
	takeIn(newLog(&out, zapcore.DebugLevel, []string{"hunter2"}).Logger)
	standard.Printf("Unsolicited response starting with %q", "hunter2")
	var line struct{ Level, Msg, Actor, Detail string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "debug" || line.Msg != "library" || line.Actor != "library" || line.Detail != `Unsolicited response starting with "***"` {
		t.Errorf("got %+v", line)
	}
}

// A line has ts in RFC 3339, UTC, with fractions, and level and msg.
func TestALineHasItsTimeLevelAndEvent(t *testing.T) {
	var out bytes.Buffer
	newLog(&out, zapcore.InfoLevel, nil).Warn("probe_stuck")
	var line struct{ TS, Level, Msg string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, line.TS)
	if err != nil || at.Location() != time.UTC || !strings.Contains(line.TS, ".") || line.Level != "warn" || line.Msg != "probe_stuck" {
		t.Errorf("got %+v (%v)", line, err)
	}
}

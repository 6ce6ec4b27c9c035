package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"pgregory.net/rapid"
)

// No text in a line contains a secret, wherever it came from.
func TestNoLineHoldsASecret(t *testing.T) {
	var out bytes.Buffer
	const token, quoted = "123:abc-DEF", `pa"ss\word`
	log := newLog(&out, zapcore.DebugLevel, []string{token, quoted, "x"})
	log.Error("send_failed", zap.Error(errors.New("Post https://api/bot"+token+"/sendMessage")),
		zap.Any("struct", struct{ P []string }{[]string{quoted}}), zap.String("detail", quoted+token))
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

// A text that was cut within a secret shows no part of it. The beginning of a secret without a cut
// is not masked.
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

// A secret that equals a name or a word of the log changes no key, name or number of a line. A
// secret that is an ordinary word is not masked at all.
func TestASecretChangesNoStructure(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out, zapcore.DebugLevel, []string{"level", "detail", "postgres", "signal", "1234", "my-own-db", "true", "observation"})
	log.Info("observation", zap.String("signal", "dep_down:my-own-db"), zap.String("state", "critical"), zap.Float64("value", 1234),
		zap.Bool("restored", true), zap.String("detail", "the detail of postgres at level 1234: my-own-db"))
	got := out.String()
	got = got[:strings.Index(got, `"ts"`)] + got[strings.Index(got, `"msg"`):]
	if want := `{"level":"info","msg":"observation","signal":"dep_down:my-own-db","state":"critical","value":1234,"restored":true,` +
		`"detail":"the detail of postgres at level ***: ***"}` + "\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Whatever the secrets and the texts are, only the texts of a line change, and they contain no
// secret.
func TestALineKeepsItsStructure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.StringOf(rapid.SampledFrom([]rune(`abc:{}[],"\ é<&1…`)))
		secrets := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune(`abc:{}[],"\ é<&1`)), 4, 8, -1), 1, 4).Draw(t, "secrets")
		fields := map[string]any{
			"signal": texts.Draw(t, "signal"), "detail": texts.Draw(t, "detail") + secrets[0] + texts.Draw(t, "rest"),
			"value": rapid.Float64Range(-1e6, 1e6).Draw(t, "value"), "aaaa": []any{secrets[0], map[string]any{secrets[0]: 1.0}}, secrets[0]: nil,
		}
		line, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := newRedactor(&out, secrets).Write(line); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%s became %s: %v", line, out.Bytes(), err)
		}
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(fields))) || got["signal"] != fields["signal"] || got["value"] != fields["value"] {
			t.Fatalf("%s became %s", line, out.Bytes())
		}
		for _, s := range secrets {
			if detail, _ := got["detail"].(string); strings.Contains(detail, s) {
				t.Fatalf("%q shows in %q", s, detail)
			}
		}
	})
}

// Control characters and invisible characters are escaped in the log, and decode to the same text.
func TestWhatIsHiddenIsEscaped(t *testing.T) {
	var out bytes.Buffer
	text := "a\u202eb\u200b\u0085c\U000e0041 ünïcode 🔴\x7f"
	line, err := json.Marshal(map[string]string{"detail": text})
	must(t, err)
	_, err = newRedactor(&out, nil).Write(line)
	must(t, err)
	var read map[string]string
	must(t, json.Unmarshal(out.Bytes(), &read))
	if got := out.String(); read["detail"] != text || got != `{"detail":"a\u202eb\u200b\u0085c\udb40\udc41 ünïcode 🔴\u007f"}` {
		t.Errorf("got %q", got)
	}
}

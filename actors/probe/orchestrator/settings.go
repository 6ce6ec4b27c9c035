package orchestrator

import (
	"fmt"
	"strconv"
	"time"

	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/secret"
)

// Settings are the settings of the probe. The rules are set separately.
type Settings struct {
	URL          string        // empty: the probe is off
	Container    string        // the orchestrator's container; empty: the one that the host of URL names
	Timeout      time.Duration // for one scrape, dial to last byte
	DownTicks    uint16        // raise_ticks of orch_down, for the core
	Stale        time.Duration // orch_stale when generated_at is older; 0: never
	Token        secret.Text   // bearer token
	MaxBytes     int64         // limit of an answer, uncompressed
	AnyJSON      bool          // accept JSON without a schema_version
	DefaultRules bool          // add the default rules of schema 1
	TLS          field.TLS
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	down, _ := messages.KindOf("orch_down")
	return field.Below("orchestrator", append([]field.Field{
		field.Of("url", &s.URL, field.URL).By("WATCHDOG_ORCH_URL").With(field.About{Example: "http://orchestrator:8000/metrics", Doc: "the orchestrator's /metrics; empty: this probe is off"}),
		field.Of("container", &s.Container, field.Text).With(field.About{Example: "orchestrator", Doc: "the container that it runs in; empty: the one whose name, Compose service or network alias is the host of url"}),
		field.Of("timeout", &s.Timeout, field.AtLeast(time.Millisecond)).By("WATCHDOG_ORCH_TIMEOUT").With(field.About{Preset: "5s", Doc: "one scrape, dial to last byte"}),
		field.Of("down_ticks", &s.DownTicks, field.Ticks).By("WATCHDOG_ORCH_DOWN_TICKS").With(field.About{Preset: fmt.Sprint(down.RaiseTicks), Doc: "failed scrapes in a row before orch_down"}),
		field.Of("stale", &s.Stale, field.AtLeast(time.Millisecond)).By("WATCHDOG_ORCH_STALE").With(field.About{Preset: "5m", Doc: "orch_stale when the envelope's generated_at is older"}),
		field.Secret("token", &s.Token).By("WATCHDOG_ORCH_TOKEN").With(field.About{Example: "a-bearer-token", Doc: "bearer token for the scrape"}),
		field.Of("max_bytes", &s.MaxBytes, byteCount).By("WATCHDOG_ORCH_MAX_BYTES").With(field.About{Preset: "4194304", Doc: "larger answers count as a failed scrape, and are not read further"}),
		field.Of("format", &s.AnyJSON, anyJSON).With(field.About{Preset: "envelope", Doc: "envelope, or any-json to take JSON without a schema_version"}),
		field.Of("default_rules", &s.DefaultRules, field.Bool).With(field.About{Preset: "true", Doc: "the rules that come with the envelope's schema"}),
	}, s.TLS.Fields()...))
}

func byteCount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > 1<<30 {
		return 0, fmt.Errorf("%q is not a number of bytes from 1 to %d", s, 1<<30)
	}
	return n, nil
}

func anyJSON(s string) (bool, error) {
	if s != "envelope" && s != "any-json" {
		return false, fmt.Errorf("%q is neither envelope nor any-json", s)
	}
	return s == "any-json", nil
}

package duration

import (
	"testing"
	"time"
)

// Parse reads Go durations and days.
func TestParse(t *testing.T) {
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "14d": 14 * 24 * time.Hour, "0.5d": 12 * time.Hour, "0": 0} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q: %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "-1d", "NaNd", "40000d", "soon"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q: %s, want an error", text, got)
		}
	}
}

// Words shows the two largest units.
func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", 90 * time.Minute: "1h 30m", 49 * time.Hour: "2d 1h",
	} {
		if got := Words(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}

package chart

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/messages"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memory returns a history that rises to warning and critical, has a gap, and falls.
func memory() history.Series {
	store := history.NewStore(24 * time.Hour)
	for i := range 360 {
		if i >= 100 && i < 130 {
			continue
		}
		v := 60 + 37*math.Sin(float64(i)/115)
		level := messages.OK
		switch {
		case v > 95:
			level = messages.Critical
		case v > 90:
			level = messages.Warning
		}
		o := messages.Observation{Signal: "host_memory", Level: level}.WithBound(92, "> 92 %")
		store.Add(messages.Report{At: noon.Add(time.Duration(i) * time.Minute), Observations: []messages.Observation{o.WithValue(v)}})
	}
	s, _ := store.Series("host_memory", 6*time.Hour, noon.Add(6*time.Hour))
	return s
}

// levels returns a history without values.
func levels() history.Series {
	store := history.NewStore(24 * time.Hour)
	for i := range 60 {
		o := messages.Observation{Signal: "container_unhealthy:web", Level: messages.Level(i / 20)}
		store.Add(messages.Report{At: noon.Add(time.Duration(i) * time.Minute), Observations: []messages.Observation{o}})
	}
	s, _ := store.Series("container_unhealthy:web", time.Hour, noon.Add(time.Hour))
	return s
}

// Text shows the values, the threshold and the times in the zone, and fits the screen.
func TestTextOfValues(t *testing.T) {
	text := Text(memory(), Screen{Width: 80, Height: 20}, time.FixedZone("CET", 3600))
	for _, want := range []string{"host_memory, 2026-03-01 13:00 to 19:00 CET", "threshold: > 92 %", " %", "13:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	t.Log("\n" + text)
}

// Text draws a signal without values as a band of levels.
func TestTextOfLevels(t *testing.T) {
	text := Text(levels(), Screen{Width: 74, Height: 20}, time.UTC)
	if !strings.HasPrefix(text, strings.Repeat("▁", 20)+strings.Repeat("▄", 20)+strings.Repeat("█", 20)+"\n12:00") {
		t.Errorf("got\n%s", text)
	}
}

// PNG draws a picture of the right size that has all levels in their colours. If
// WATCHDOG_TEST_PICTURES names a directory, the pictures are saved there.
func TestPictures(t *testing.T) {
	day, half := memory(), memory()
	day.From = day.To.Add(-24 * time.Hour)
	half.From, half.To = noon.Add(90*time.Minute), noon.Add(2*time.Hour+20*time.Minute)
	half.Samples = slices.DeleteFunc(half.Samples, func(s history.Sample) bool { return s.At.Before(half.From) || s.At.After(half.To) })
	for name, s := range map[string]history.Series{"chart": memory(), "chart-levels": levels(), "chart-day": day, "chart-gap": half} {
		data, err := PNG(s, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != pictureWidth || size.Y != pictureHeight || len(data) > 200<<10 {
			t.Errorf("%s: %v, %d bytes", name, size, len(data))
		}
		seen := map[any]int{}
		for x := range pictureWidth {
			for y := range pictureHeight {
				seen[picture.At(x, y)]++
			}
		}
		for _, level := range []messages.Level{messages.OK, messages.Warning, messages.Critical} {
			if name == "chart-gap" && level == messages.Critical {
				continue // there is no critical in that time
			}
			c := colours[level]
			found := 0
			for colour, n := range seen {
				r, g, b, _ := colour.(interface{ RGBA() (r, g, b, a uint32) }).RGBA()
				if uint8(r>>8) == c.R && uint8(g>>8) == c.G && uint8(b>>8) == c.B {
					found += n
				}
			}
			if found < 20 {
				t.Errorf("%s: only %d pixels in the colour of %s", name, found, level)
			}
		}
		if dir := os.Getenv("WATCHDOG_TEST_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The axis has a few labels at round times of the zone, each in its place.
func TestTimesAtTheAxisAreRound(t *testing.T) {
	nepal := time.FixedZone("+0545", 5*3600+45*60)
	for name, c := range map[string]struct {
		over time.Duration
		zone *time.Location
		want string
	}{
		"half an hour": {30 * time.Minute, time.UTC, "11:35 11:40 11:45 11:50 11:55"},
		"six hours":    {6 * time.Hour, time.UTC, "07:00 08:00 09:00 10:00 11:00"},
		"a day":        {24 * time.Hour, time.UTC, "16:00 20:00 00:00 04:00 08:00"},
		"another zone": {6 * time.Hour, nepal, "12:00 13:00 14:00 15:00 16:00 17:00"},
		"five days":    {5 * 24 * time.Hour, time.UTC, "25 Feb 00:00 26 Feb 00:00 27 Feb 00:00 28 Feb 00:00 1 Mar 00:00"},
	} {
		s := history.Series{From: noon.Add(-c.over), To: noon}
		var shown []string
		for i, label := range labels(s, c.zone) {
			if label == "" {
				continue
			}
			shown = append(shown, label)
			if at := s.From.Add(c.over * time.Duration(i+1) / points); clock(at, s, c.zone) < label {
				t.Errorf("%s: the label %s is at %s", name, label, clock(at, s, c.zone))
			}
		}
		if got := strings.Join(shown, " "); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

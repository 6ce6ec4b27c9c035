package container

import (
	"strings"
	"testing"
	"time"
)

// What is known of a container is its image, since when it is this one, its starts and its
// memory; a change of the image is worth a line for half an hour.
func TestFacts(t *testing.T) {
	f := NewFacts()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first := fact{image: "shop:1", imageID: "a", since: now.Add(-time.Hour), service: "web", state: "running"}
	f.note("shop_web_1", first, now)
	second := first
	second.since = now // made anew with the same image
	f.note("shop_web_1", second, now)
	if got := strings.Join(f.Lines("shop_web_1", time.UTC), "; "); got != "image shop:1, since 2026-03-01 11:00 UTC" {
		t.Errorf("got %q", got)
	}
	third := fact{image: "shop:2", imageID: "b", since: now.Add(time.Minute), service: "web", state: "exited with code 3", starts: 2, memory: "63 of 64 MiB"}
	f.note("shop_web_1", third, now.Add(time.Minute))
	if got := strings.Join(f.Lines("shop_web_1", time.UTC), "; "); got != "image shop:2, since 2026-03-01 12:01 UTC; 2 starts within 20 min; memory: 63 of 64 MiB" {
		t.Errorf("got %q", got)
	}
	if got := f.Of("web"); got != "its container shop_web_1: exited with code 3" {
		t.Errorf("by its service: %q", got)
	}
	if got := f.Of("shop_web_1"); got != "its container shop_web_1: exited with code 3" {
		t.Errorf("by its name: %q", got)
	}
	f.note("shop_web_2", third, now)
	if got := f.Of("web"); got != "" {
		t.Errorf("two of one service: %q", got)
	}
	want := "before it, at 12:01 UTC: shop_web_1 was made anew with the image shop:2 instead of shop:1"
	if got := strings.Join(f.Before(now.Add(10*time.Minute), time.UTC), "; "); got != want {
		t.Errorf("got %q", got)
	}
	for _, at := range []time.Duration{0, time.Hour} { // before it, and long after
		if got := f.Before(now.Add(at), time.UTC); len(got) != 0 {
			t.Errorf("at %s: %q", at, got)
		}
	}
	for range 200 {
		f.Changed(now.Add(2*time.Minute), "reloaded")
	}
	if got := f.Before(now.Add(3*time.Minute), time.UTC); len(got) != maxShownChanges || len(f.changes) != maxChanges {
		t.Errorf("%d shown of %d", len(got), len(f.changes))
	}
}

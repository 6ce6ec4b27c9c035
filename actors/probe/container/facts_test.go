package container

import (
	"strings"
	"testing"
	"time"
)

// What is known of a container is its image, since when it is this one, its starts and its
// memory; a change of the image is noted.
func TestFacts(t *testing.T) {
	var changed []string
	f := NewFacts(func(at time.Time, what string) { changed = append(changed, at.Format("15:04 ")+what) })
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
	if got := strings.Join(changed, "; "); got != "12:01 shop_web_1 was made anew with the image shop:2 instead of shop:1" {
		t.Errorf("changed: %q", got)
	}
}

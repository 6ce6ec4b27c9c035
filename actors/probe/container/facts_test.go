package container

import (
	"strings"
	"testing"
	"time"
)

// The facts of a container are its image and since when it has it, its starts and its memory. A
// change of the image is reported.
func TestFacts(t *testing.T) {
	var changed []string
	f := NewFacts(func(at time.Time, what string) { changed = append(changed, at.Format("15:04 ")+what) })
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first := fact{image: "shop:1", imageID: "a", since: now.Add(-time.Hour), service: "web", state: "running"}
	f.record("shop_web_1", first, now)
	second := first
	second.since = now // recreated with the same image
	f.record("shop_web_1", second, now)
	if got := strings.Join(f.Lines("shop_web_1", time.UTC), "; "); got != "image shop:1, since 2026-03-01 11:00 UTC" {
		t.Errorf("got %q", got)
	}
	third := fact{image: "shop:2", imageID: "b", since: now.Add(time.Minute), service: "web", state: "exited with code 3", starts: 2, memory: "63 of 64 MiB"}
	f.record("shop_web_1", third, now.Add(time.Minute))
	if got := strings.Join(f.Lines("shop_web_1", time.UTC), "; "); got != "image shop:2, since 2026-03-01 12:01 UTC; 2 starts within 20 min; memory: 63 of 64 MiB" {
		t.Errorf("got %q", got)
	}
	if got := strings.Join(changed, "; "); got != "12:01 shop_web_1 was made anew with the image shop:2 instead of shop:1" {
		t.Errorf("changed: %q", got)
	}
}

// A host name leads to the only container with that name, service or alias. Its state is one line,
// and is unknown while the engine does not answer.
func TestTheContainerBehindAHostName(t *testing.T) {
	f := NewFacts(func(time.Time, string) {})
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, k := range map[string]fact{
		"shop_orch_1": {service: "orch", aliases: []string{"api"}, state: "exited with code 3", ended: now},
		"shop_web_1":  {service: "web", state: "running"},
		"shop_web_2":  {service: "web", state: "running"},
	} {
		f.record(name, k, now)
	}
	for host, want := range map[string]string{"shop_orch_1": "shop_orch_1", "orch": "shop_orch_1", "api": "shop_orch_1", "web": "", "": "", "else": ""} {
		if got := f.ContainerOf(host); got != want {
			t.Errorf("%q leads to %q, want %q", host, got, want)
		}
	}
	states := func() string {
		return f.State("shop_orch_1", time.UTC) + "; " + f.State("shop_web_1", time.UTC) + "; " + f.State("else", time.UTC)
	}
	if got := states(); got != "its container shop_orch_1: exited with code 3, at 12:00:00 UTC; its container shop_web_1: running; " {
		t.Errorf("got %q", got)
	}
	f.update(true, map[string]bool{"shop_web_1": true})
	if got := states(); got != "its container shop_orch_1: missing, it was removed; its container shop_web_1: running; " {
		t.Errorf("after one was removed: %q", got)
	}
	if f.update(false, nil); states() != "; ; " {
		t.Errorf("without an engine: %q, want no states", states())
	}
}

// The memory fact is the measured use, or the limit if it was not measured yet. Without a limit
// there is none.
func TestTheMemoryOfAContainer(t *testing.T) {
	measured := &known{in: inspected{memory: 64 << 20}, memory: judgeMemory(memory{used: 32 << 20, limit: 64 << 20}, 0)}
	for want, k := range map[string]*known{
		"":                               {},
		"limit 64 MiB, not measured yet": {in: inspected{memory: 64 << 20}},
		measured.memory.Detail:           measured,
	} {
		if got := memoryFact(k); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

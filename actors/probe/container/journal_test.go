package container

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at returns the time some seconds after noon.
func at(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

// lifeOf returns the life of a container with these events.
func lifeOf(happenings ...event) *life {
	l := &life{}
	for _, h := range happenings {
		l.add(h)
	}
	return l
}

func start(seconds float64) event {
	return event{action: events.ActionStart, at: at(seconds)}
}

func kill(signal string, seconds float64) event {
	return event{action: events.ActionKill, signal: signal, at: at(seconds)}
}

func stop(seconds float64) event { return event{action: events.ActionStop, at: at(seconds)} }

func oom(seconds float64) event { return event{action: events.ActionOOM, at: at(seconds)} }

// An end was requested if a signal that ends a container came in the same run, or the engine
// reports the stop afterwards.
func TestWhichEndWasAskedFor(t *testing.T) {
	const ended = 100
	for name, c := range map[string]struct {
		happened []event
		want     bool
	}{
		"nothing happened":                  {nil, false},
		"a TERM before it":                  {[]event{start(0), kill("15", 99)}, true},
		"a KILL at it":                      {[]event{start(0), kill("9", 100.01)}, true},
		"by an unnamed signal":              {[]event{start(0), kill("", 99)}, false},
		"by the signal's name":              {[]event{start(0), kill("SIGTERM", 99)}, true},
		"a HUP is no request to end":        {[]event{start(0), kill("1", 99)}, false},
		"the engine says so afterwards":     {[]event{start(0), stop(100.3)}, true},
		"in a former run":                   {[]event{start(0), kill("15", 9), stop(10), start(20)}, false},
		"a kill that it outlived for long":  {[]event{start(-7200), kill("15", -3600)}, false},
		"a stop with ten minutes to finish": {[]event{start(-7200), kill("15", -500)}, true},
		"after it, in the next run":         {[]event{start(0), start(110), kill("15", 120)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lifeOf(c.happened...).askedToStop(at(ended)); got != c.want {
				t.Errorf("requested: %t, want %t", got, c.want)
			}
		})
	}
}

// A start counts once, even if an inspect and an event report it, or a reconnect repeats the event.
func TestAStartIsCountedOnce(t *testing.T) {
	l := &life{}
	l.start(at(10)) // by an inspect
	l.add(start(10.02))
	l.add(start(5)) // a past event
	l.add(start(5))
	l.add(start(11))
	l.start(at(11 - 0.02))
	if len(l.starts) != 3 || !l.starts[0].Equal(at(5)) || !l.starts[2].Equal(at(11)) {
		t.Errorf("got %v, want the starts at 5, 10 and 11", l.starts)
	}
	for i := range 10 * maxStarts {
		l.add(start(100 + float64(i)))
	}
	if n := len(l.starts); n != maxStarts {
		t.Errorf("%d starts are kept, want %d", n, maxStarts)
	}
}

// A kill for memory counts once: an inspect may show it before or after its event, and the kernel
// may report it several times.
func TestAKillForMemoryIsCountedOnce(t *testing.T) {
	byInspect := func(l *life) { l.killedForMemory(at(100)) } // when the container ended
	for name, happened := range map[string][]func(*life){
		"the event first":   {func(l *life) { l.add(oom(99.9)) }, byInspect},
		"the inspect first": {byInspect, func(l *life) { l.add(oom(99.9)) }},
		"three reports":     {func(l *life) { l.add(oom(99.5)); l.add(oom(99.6)); l.add(oom(99.9)) }},
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{}
			for _, f := range happened {
				f(l)
			}
			if l.ooms != 1 {
				t.Errorf("counted %d times", l.ooms)
			}
		})
	}
	if l := lifeOf(oom(1), oom(60)); l.ooms != 2 {
		t.Errorf("two kills a minute apart count as %d", l.ooms)
	}
}

// The starts of a name are those of all containers that had it. A container that is gone is
// forgotten once its last start is too old.
func TestANameKeepsTheStartsOfItsFormerContainers(t *testing.T) {
	j := make(journal)
	j.of("a").name, j.of("b").name, j.of("c").name = "web", "web", "db"
	j.of("a").add(start(0))
	j.of("b").add(start(-10))
	j.of("b").add(start(60))
	if got := j.starts()["web"]; len(got) != 3 || !got[0].Equal(at(-10)) || !got[2].Equal(at(60)) {
		t.Errorf("web started at %v", got)
	}
	j.forget(map[string]bool{"b": true}, at(61))
	if len(j) != 2 {
		t.Errorf("%d containers are known, want 2: c never started and is gone", len(j))
	}
	j.forget(map[string]bool{"b": true}, at(loopWithin.Seconds()+1))
	if j["a"] != nil || j["b"] == nil {
		t.Error("want a forgotten, whose starts are too old, and b kept")
	}
}

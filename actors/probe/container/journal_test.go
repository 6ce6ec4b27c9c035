package container

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is a time some seconds after noon.
func at(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

// lived is the life of a container to which these things happened.
func lived(happenings ...happening) *life {
	l := &life{}
	for _, h := range happenings {
		l.add(h)
	}
	return l
}

func start(seconds float64) happening {
	return happening{action: events.ActionStart, at: at(seconds)}
}

func kill(signal string, seconds float64) happening {
	return happening{action: events.ActionKill, signal: signal, at: at(seconds)}
}

func stop(seconds float64) happening { return happening{action: events.ActionStop, at: at(seconds)} }

func oom(seconds float64) happening { return happening{action: events.ActionOOM, at: at(seconds)} }

// An end was asked for if a signal that ends asked for it in the same run, or the
// engine says afterwards that it stopped the container.
func TestWhichEndWasAskedFor(t *testing.T) {
	const ended = 100
	for name, c := range map[string]struct {
		happened []happening
		want     bool
	}{
		"nothing happened":                  {nil, false},
		"a TERM before it":                  {[]happening{start(0), kill("15", 99)}, true},
		"a KILL at it":                      {[]happening{start(0), kill("9", 100.01)}, true},
		"by a signal without a name":        {[]happening{start(0), kill("", 99)}, false},
		"by the signal's name":              {[]happening{start(0), kill("SIGTERM", 99)}, true},
		"a HUP is no request to end":        {[]happening{start(0), kill("1", 99)}, false},
		"the engine says so afterwards":     {[]happening{start(0), stop(100.3)}, true},
		"in a former run":                   {[]happening{start(0), kill("15", 9), stop(10), start(20)}, false},
		"a kill that it outlived for long":  {[]happening{start(-7200), kill("15", -3600)}, false},
		"a stop with ten minutes to finish": {[]happening{start(-7200), kill("15", -500)}, true},
		"after it, in the next run":         {[]happening{start(0), start(110), kill("15", 120)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lived(c.happened...).askedToStop(at(ended)); got != c.want {
				t.Errorf("asked for: %t, want %t", got, c.want)
			}
		})
	}
}

// A start that is told by an inspect and by its event, or again after a new connect, is one.
func TestAStartIsCountedOnce(t *testing.T) {
	l := &life{}
	l.start(at(10)) // by an inspect
	l.add(start(10.02))
	l.add(start(5)) // the engine tells what was before we came
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

// A kill for memory is told once: its event may come before or after the inspect that
// tells it too, and the kernel may report one several times.
func TestAKillForMemoryIsKnownOnce(t *testing.T) {
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
				t.Errorf("known %d times", l.ooms)
			}
		})
	}
	if l := lived(oom(1), oom(60)); l.ooms != 2 {
		t.Errorf("two kills a minute apart are %d", l.ooms)
	}
}

// The starts of a name are those of all containers that bore it; what is gone is
// forgotten with its last start.
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
		t.Errorf("c never started and is gone: forgotten at once; got %d", len(j))
	}
	j.forget(map[string]bool{"b": true}, at(loopWithin.Seconds()+1))
	if j["a"] != nil || j["b"] == nil {
		t.Error("a is forgotten when its starts do not count any more, and b is there")
	}
}

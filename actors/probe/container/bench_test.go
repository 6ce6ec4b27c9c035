package container

import (
	"testing"

	"github.com/docker/docker/api/types/events"
)

// BenchmarkQuietReading is one reading of 1,000 containers, none of which changed. requests/op is 1:
// the list. The results include the work of the fake engine, which encodes the JSON.
func BenchmarkQuietReading(b *testing.B) {
	e := newFakeEngine(1000)
	p := probeOf(b, e, nil)
	if _, err := p.read(0); err != nil {
		b.Fatal(err)
	}
	e.asked()
	b.ReportAllocs()
	requests := 0
	for b.Loop() {
		if _, err := p.Observe(b.Context()); err != nil {
			b.Fatal(err)
		}
		requests += len(e.asked())
	}
	b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
}

// BenchmarkMemory is a reading that measures 500 containers.
func BenchmarkMemory(b *testing.B) {
	e := newFakeEngine(500)
	for i := range e.containers {
		e.containers[i].memory, e.containers[i].used = 1000, 900
	}
	p := probeOf(b, e, nil)
	for b.Loop() {
		if _, err := p.Observe(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEvent adds one event to the journal.
func BenchmarkEvent(b *testing.B) {
	j := make(journal)
	h := event{id: "a", name: "web", action: events.ActionStart, at: noon}
	for b.Loop() {
		h.at = h.at.Add(settled)
		j.of(h.id).add(h)
	}
}

package main

import (
	"fmt"
	"testing"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/actors/probe/container/containertest"
)

// BenchmarkDeathToChat measures the time from the end of a container, as the engine records it,
// to the request at the Bot API, with a tick of a minute and otherwise default settings:
// `go test -run '^$' -bench DeathToChat -benchtime 5x ./cmd/watchdog`.
func BenchmarkDeathToChat(b *testing.B) {
	w := watchContainers(b)
	var total, worst float64
	for n := 1; b.Loop(); n++ {
		// Each has a name of its own, because one that changes too often would flap.
		id := containertest.Run(b, w.engine, w.name(fmt.Sprintf("web-%d", n)), nil, "exit", "1", "200ms")
		messages, err := w.chat.Wait(b.Context(), func(m []fakeapi.Message) bool { return len(m) >= n })
		if err != nil {
			b.Fatal(err)
		}
		in, err := w.engine.ContainerInspect(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		ended, err := time.Parse(time.RFC3339Nano, in.State.FinishedAt)
		if err != nil {
			b.Fatal(err)
		}
		took := messages[n-1].At.Sub(ended).Seconds()
		total, worst = total+took, max(worst, took)
	}
	b.ReportMetric(total/float64(b.N), "s/death")
	b.ReportMetric(worst, "s/worst")
	b.ReportMetric(0, "ns/op")
}

package supervisor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/messages"
)

// known returns a state with many signals, some of which are down, told and confirmed.
func known(signals, down int) core.State {
	at := time.Now()
	s := core.New(settings, at)
	s, _ = core.Step(s, messages.Roster{At: at, Probes: []string{"p"}, Channels: []string{"telegram"}})
	r := messages.Report{Probe: "p", At: at}
	for i := range signals {
		o := messages.Observation{Signal: messages.Key(fmt.Sprintf("dep_down:service-%d", i)), Level: messages.OK, Detail: "GET http://10.1.2.3:8080/healthz: status 200 in 12ms"}
		if i < down {
			o.Level, o.Detail = messages.Critical, "GET http://10.1.2.3:8080/healthz: dial tcp 10.1.2.3:8080: connect: connection refused"
		}
		r.Observations = append(r.Observations, o)
	}
	s, _ = core.Step(s, r)
	s, _ = core.Step(s, messages.Receipt{ID: 1, Channel: "telegram", At: at, Items: s.Outbox("telegram").Items, MessageID: 1})
	return s
}

// One write of a state with 10,000 signals, with fsync.
func BenchmarkSave(b *testing.B) {
	for _, down := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprintf("10000 signals, %d down", down), func(b *testing.B) {
			state := known(10_000, down)
			path := filepath.Join(b.TempDir(), "state")
			store, logs := aStore(b, path)
			b.ReportAllocs()
			for b.Loop() {
				if !store.Save(state) {
					b.Fatal(said(logs))
				}
			}
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size()), "file-bytes")
		})
	}
}

// Loading a file with 10,000 signals that are down.
func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state")
	store, logs := aStore(b, path)
	if !store.Save(known(10_000, 10_000)) {
		b.Fatal(said(logs))
	}
	b.ReportAllocs()
	for b.Loop() {
		if store.Load(settings, time.Now()) == nil {
			b.Fatal(said(logs))
		}
	}
}

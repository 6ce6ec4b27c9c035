package orchestrator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe/orchestrator/rule"
)

// The target for both benchmarks: 1 MiB with 100 rules in at most 25 ms.

func BenchmarkPrometheusText(b *testing.B) {
	benchmark(b, answer{body: bigText(), contentType: "text/plain; version=0.0.4"}, func(i int) rule.Spec {
		return rule.Spec{
			Name: fmt.Sprint(i), Field: fmt.Sprintf(`scheduler_queue_depth_%d{queue="queue-%d"}`, i, i), Of: "increase", Over: "15m", Raise: "== 0",
		}
	})
}

func BenchmarkJSONEnvelope(b *testing.B) {
	benchmark(b, answer{body: bigJSON(b), contentType: "application/json"}, func(i int) rule.Spec {
		return rule.Spec{Name: fmt.Sprint(i), Field: fmt.Sprintf("queues.%d.depth", i*30), Of: "increase", Over: "15m", Raise: "== 0"}
	})
}

func benchmark(b *testing.B, a answer, spec func(i int) rule.Spec) {
	specs := make([]rule.Spec, 100)
	for i := range specs {
		specs[i] = spec(i)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := New(Options{Rules: must(b, specs...), Now: func() time.Time { return now }})
	b.SetBytes(int64(len(a.body)))
	b.ReportAllocs()
	for b.Loop() {
		e, err := p.reader.read(a)
		if err != nil {
			b.Fatal(err)
		}
		r := p.judge(e, 0)
		if len(r.Observations) != len(specs)+1 || len(r.Notes) != 0 {
			b.Fatalf("%d observations, notes %v", len(r.Observations), r.Notes)
		}
		now = now.Add(15 * time.Second)
	}
}

// bigText is 1 MiB in 10,000 samples of 100 names.
func bigText() []byte {
	var out bytes.Buffer
	for name := range 100 {
		fmt.Fprintf(&out, "# HELP scheduler_queue_depth_%d How many jobs wait.\n# TYPE scheduler_queue_depth_%d gauge\n", name, name)
		for queue := range 100 {
			fmt.Fprintf(&out, "scheduler_queue_depth_%d{queue=\"queue-%d\",state=\"waiting-for-a-worker\",zone=\"europe-west-%d\",kind=\"k\"} %d\n",
				name, queue, queue%7, name*queue)
		}
	}
	return out.Bytes()
}

// bigJSON is 1 MiB in one list.
func bigJSON(b *testing.B) []byte {
	type queue struct {
		Name  string    `json:"name"`
		Depth int       `json:"depth"`
		Ages  []float64 `json:"ages_s"`
		Note  string    `json:"note"`
	}
	var all struct {
		Schema int     `json:"schema_version"`
		Queues []queue `json:"queues"`
	}
	all.Schema = 1
	for i := range 7000 {
		all.Queues = append(all.Queues, queue{fmt.Sprintf("queue-%d", i), i, []float64{1.5, 2.25, float64(i)}, `text with "quotes", and {braces} that is skipped, and a little more`})
	}
	doc, err := json.Marshal(all)
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

// The number of allocations for JSON does not depend on the size of the answer.
func TestAllocationsOfJSONDoNotGrowWithTheAnswer(t *testing.T) {
	r := newReader(false)
	count := func(elements int) float64 {
		body := []byte(`{"schema_version":1,"a":[0` + string(bytes.Repeat([]byte(`,{"b":"c"}`), elements)) + `]}`)
		return testing.AllocsPerRun(5, func() {
			if _, err := r.read(answer{body: body}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := count(10), count(10_000); many > few+10 {
		t.Errorf("%v allocations for 10 elements, %v for 10,000", few, many)
	}
}

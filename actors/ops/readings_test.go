package ops_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"orchestrator-watchdog/actors/ops"
)

// The histogram of durations counts like that of client_golang: a duration equal to a bound
// is in its bucket, and one above the last bound is only in the count.
func TestTheHistogramOfDurations(t *testing.T) {
	took := []time.Duration{
		0, time.Millisecond, time.Millisecond + 1, 5 * time.Millisecond, 99 * time.Millisecond, 100 * time.Millisecond,
		time.Second, 10 * time.Second, 10*time.Second + 1, time.Hour,
	}
	theirs := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "theirs", Help: "h", Buckets: []float64{.001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10},
	})
	m := newMetrics()
	for _, d := range took {
		m.ProbeReported("p", d, false)
		theirs.Observe(d.Seconds())
	}
	var want dto.Metric
	if err := theirs.Write(&want); err != nil {
		t.Fatal(err)
	}
	if got, want := shown(gathered(t, m, "watchdog_probe_duration_seconds")), shown(want.GetHistogram()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func gathered(t *testing.T, m *ops.Metrics, family string) *dto.Histogram {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == family {
			return f.GetMetric()[0].GetHistogram()
		}
	}
	t.Fatalf("there is no %s", family)
	return nil
}

func shown(h *dto.Histogram) string {
	var b strings.Builder
	fmt.Fprintf(&b, "count %d sum %g", h.GetSampleCount(), h.GetSampleSum())
	for _, bucket := range h.GetBucket() {
		fmt.Fprintf(&b, " %g:%d", bucket.GetUpperBound(), bucket.GetCumulativeCount())
	}
	return b.String()
}

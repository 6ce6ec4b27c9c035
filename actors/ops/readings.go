package ops

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// buckets are the upper bounds of the histogram of durations, in seconds.
var buckets = [...]float64{.001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10}

// readings collects the histogram and the failures of all probes. There may be a thousand
// probes. For each, a histogram and a counter of client_golang take 1.5 KiB; this takes
// 100 bytes.
type readings struct {
	mu     sync.Mutex
	counts map[string]*readingCount // by probe
}

// readingCount counts the readings of one probe. At ten a second, 32 bits last 13 years.
type readingCount struct {
	seconds  float64
	within   [len(buckets)]uint32 // by the smallest bucket; not cumulative
	all      uint32
	failures uint32
}

func newReadings() *readings { return &readings{counts: make(map[string]*readingCount)} }

func (r *readings) note(probe string, took time.Duration, failed bool) {
	seconds := took.Seconds()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counts[probe]
	if c == nil {
		c = new(readingCount)
		r.counts[probe] = c
	}
	if i, _ := slices.BinarySearch(buckets[:], seconds); i < len(buckets) {
		c.within[i]++
	}
	c.all++
	c.seconds += seconds
	if failed {
		c.failures++
	}
}

func (r *readings) forget(probe string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.counts, probe)
}

// copied returns a copy of the counts, so that a scrape does not block probes.
func (r *readings) copied() map[string]readingCount {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]readingCount, len(r.counts))
	for probe, c := range r.counts {
		all[probe] = *c
	}
	return all
}

var (
	durationDesc = desc("probe_duration_seconds", "Duration of a reading of a probe, in seconds.", "probe")
	failuresDesc = desc("probe_failures_total", "Readings of a probe that failed.", "probe")
)

// Describe implements prometheus.Collector.
func (r *readings) Describe(out chan<- *prometheus.Desc) {
	out <- durationDesc
	out <- failuresDesc
}

// Collect implements prometheus.Collector.
func (r *readings) Collect(out chan<- prometheus.Metric) {
	for probe, c := range r.copied() {
		out <- prometheus.MustNewConstHistogram(durationDesc, uint64(c.all), c.seconds, c.cumulative(), probe)
		out <- prometheus.MustNewConstMetric(failuresDesc, prometheus.CounterValue, float64(c.failures), probe)
	}
}

// cumulative returns the cumulative bucket counts by upper bound.
func (c *readingCount) cumulative() map[float64]uint64 {
	all := make(map[float64]uint64, len(buckets))
	sum := uint64(0)
	for i, bound := range buckets {
		sum += uint64(c.within[i])
		all[bound] = sum
	}
	return all
}

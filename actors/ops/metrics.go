package ops

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const namespace = "watchdog"

// Metrics holds the watchdog's own metrics. The gauges of signals are made from the Status
// during the scrape, so a signal that is gone has none.
type Metrics struct {
	Registry      *prometheus.Registry
	readings      *readings
	panics        *prometheus.CounterVec
	restarts      *prometheus.CounterVec
	notifications *prometheus.CounterVec
	commands      *prometheus.CounterVec
	lastTick      prometheus.Gauge
	status        atomic.Pointer[func() Status]
}

// NewMetrics returns the metrics of this build.
func NewMetrics(version, revision string) *Metrics {
	m := &Metrics{
		Registry:      prometheus.NewRegistry(),
		readings:      newReadings(),
		panics:        counter("actor_panics_total", "Panics of an actor.", "actor"),
		restarts:      counter("actor_restarts_total", "Restarts of an actor by its supervisor.", "actor"),
		notifications: counter("notifications_total", "Messages to a channel, by outcome: sent or failed.", "channel", "outcome"),
		commands:      counter("commands_total", "Commands to the watchdog, by channel and outcome: done, failed or refused.", "channel", "command", "outcome"),
		lastTick: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "last_tick_timestamp_seconds", Help: "Unix time of the last tick of the clock.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels identify the build.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.Registry.MustRegister(m.readings, m.panics, m.restarts, m.notifications, m.commands, m.lastTick, build, signals{m},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// SetStatus sets the source of the signal, silence and outbox gauges.
func (m *Metrics) SetStatus(status func() Status) { m.status.Store(&status) }

// ProbeReported counts one reading.
func (m *Metrics) ProbeReported(probe string, took time.Duration, failed bool) {
	m.readings.note(probe, took, failed)
}

// ChannelAdded creates the counters of a channel and its actors, and of the core and the clock, at 0.
// A rate would miss the first event of a counter that appears with 1.
func (m *Metrics) ChannelAdded(channel string) {
	for _, actor := range []string{"core", "clock", "notifier:" + channel} {
		m.panics.WithLabelValues(actor)
		m.restarts.WithLabelValues(actor)
	}
	m.notifications.WithLabelValues(channel, "sent")
	m.notifications.WithLabelValues(channel, "failed")
}

// ProbeRemoved drops the metrics of a probe that a reload removed.
func (m *Metrics) ProbeRemoved(probe string) { m.readings.forget(probe) }

// ActorPanicked counts a panic.
func (m *Metrics) ActorPanicked(actor string) { m.panics.WithLabelValues(actor).Inc() }

// ActorRestarted counts a restart.
func (m *Metrics) ActorRestarted(actor string) { m.restarts.WithLabelValues(actor).Inc() }

// Notified counts one attempt to send.
func (m *Metrics) Notified(channel, outcome string) {
	m.notifications.WithLabelValues(channel, outcome).Inc()
}

// Commanded counts one command.
func (m *Metrics) Commanded(channel, command, outcome string) {
	m.commands.WithLabelValues(channel, command, outcome).Inc()
}

// Ticked records a tick of the clock.
func (m *Metrics) Ticked(at time.Time) { m.lastTick.Set(float64(at.UnixMilli()) / 1000) }

// signals collects the gauges that are made from the status.
type signals struct{ m *Metrics }

var (
	levelDesc     = desc("signal_level", "Level of the last observation: 0 ok, 1 warning, 2 critical, -1 unknown.", "signal")
	announcedDesc = desc("signal_announced", "Level that people were last told: 0 ok, 1 warning, 2 critical, 3 flapping.", "signal")
	valueDesc     = desc("signal_value", "Value of the last observation, if it has one.", "signal")
	ackedDesc     = desc("signal_acknowledged", "1 if the signal is acknowledged, else 0.", "signal")
	silencesDesc  = desc("silences", "Number of silences.")
	pendingDesc   = desc("outbox_pending", "Number of pending notifications of a channel.", "channel")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s signals) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{levelDesc, announcedDesc, valueDesc, ackedDesc, silencesDesc, pendingDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s signals) Collect(out chan<- prometheus.Metric) {
	status := s.m.status.Load()
	if status == nil {
		return
	}
	now := (*status)()
	for _, sig := range now.Signals {
		key := string(sig.Key)
		out <- gauge(levelDesc, float64(sig.Level), key)
		out <- gauge(announcedDesc, float64(sig.Announced), key)
		out <- gauge(ackedDesc, oneIf(sig.Acknowledged != nil), key)
		if sig.Value != nil {
			out <- gauge(valueDesc, *sig.Value, key)
		}
	}
	out <- gauge(silencesDesc, float64(len(now.Silences)))
	for _, ch := range now.Channels {
		out <- gauge(pendingDesc, float64(ch.Pending), ch.Name)
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

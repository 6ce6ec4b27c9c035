package main

import (
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/changes"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/mailbox"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// past is the history of values, if enabled.
type past struct {
	store   *history.Store // nil: off
	zone    *time.Location // of the times in pictures
	actor   *history.Actor
	reports *mailbox.Queue[messages.Report]
}

// maxUnread is how many reports may wait for the history. It misses further ones.
const maxUnread = 256

func remember(cfg *config.Config, log *zap.Logger) past {
	keep := config.Section[*history.Settings](cfg).Keep
	if keep == 0 {
		return past{}
	}
	p := past{store: history.NewStore(keep), zone: cfg.Zone, reports: mailbox.NewQueue[messages.Report](maxUnread)}
	p.actor = history.New(history.Options{Store: p.store, Reports: p.reports.C(), Log: log.With(zap.String("actor", "history"))})
	return p
}

// rememberChanges makes the actor that records changes on this host.
func rememberChanges(cfg *config.Config, shared *assembly.Shared, log *zap.Logger) *changes.Actor {
	began := time.Now()
	o := changes.Options{
		Store: changes.NewStore(), Notes: shared.Notes(), Now: time.Now, Elapsed: func() time.Duration { return time.Since(began) },
		Log: log.With(zap.String("actor", "changes")),
	}
	if config.Section[*host.Settings](cfg).Enabled {
		proc := assembly.ProcPath(cfg)
		o.Boot = func() (string, time.Duration, error) { return host.Boot(proc) }
	}
	return changes.New(o)
}

func (p past) hear(r messages.Report) {
	if p.store != nil {
		p.reports.Offer(r)
	}
}

// spark is a sparkline of the signal's value before the news.
func (p past) spark(n messages.Notification) []string {
	if spark := chart.Spark(p.store, n.Signal, n.At); spark != "" {
		return []string{spark}
	}
	return nil
}

// illustrateFor is how long sending a picture is retried.
const illustrateFor = 5 * time.Minute

// illustrate sends a chart as a reply to an alert of a signal with a value, after all pending
// news.
func (p past) illustrate(tree *supervisor.Tree, r messages.Receipt) {
	if p.store == nil || r.MessageID == 0 {
		return
	}
	for _, n := range r.Items {
		if !n.Valued || n.News != messages.Alert && n.News != messages.Worse {
			continue
		}
		series, ok := p.store.Series(n.Signal, min(operate.DefaultOver, p.store.Retention()), r.At)
		if !ok {
			continue
		}
		tree.Reply(r.Channel, notifier.Reply{
			Plain: string(n.Signal), Picture: func() ([]byte, error) { return chart.PNG(series, p.zone) }, ReplyTo: r.MessageID, Until: r.At.Add(illustrateFor),
		})
	}
}

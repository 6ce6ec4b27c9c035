package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages"
)

// act is one part of the film.
type act struct {
	title string
	story string // what happens and why
	play  func(*film) error
}

// acts is the script.
func acts(t tempo) []act {
	return []act{
		{"All is well", "A small process, the watchdog, runs beside your orchestrator and asks it for /metrics at every tick. " +
			"It answers, so the chat stays quiet. In this film the watchdog is real; the orchestrator and Telegram are fakes, " +
			fmt.Sprintf("a tick is %s instead of 15 s, and reminders come after %s instead of an hour.", seconds(t.tick), seconds(t.cooldown)), (*film).quiet},
		{"The orchestrator fails", "It answers 503. One failed scrape may be chance, so nobody is woken before the third in a row.", (*film).fault},
		{"A symptom is held back", "The orchestrator comes up for two scrapes, with figures that are ten minutes old, and falls over again. " +
			"Old figures are a signal of their own, orch_stale. But people who know that the orchestrator is down need not be told its symptoms.", (*film).symptom},
		{"A part of the watchdog breaks", "One of its own probes now panics at every reading. Each part is supervised: " +
			"the probe is restarted each time, and all others go on. The chat is told, silently, that it panics repeatedly.", (*film).panics},
		{"Nobody has fixed anything", "The orchestrator is still down. One reminder comes after the cooldown, on time, although the probe still panics.", (*film).reminder},
		{"Somebody acknowledges", "Ann is awake. She presses a button under the alert, and there are no more reminders of it. Then she asks what else is wrong.", (*film).answer},
		{"All is fixed", "First the probe, then the orchestrator. Each recovery replies to the message that raised the alarm.", (*film).recovery},
		{"Telegram is away", "The connection to Telegram is cut. Meanwhile the orchestrator's queue is stuck …", (*film).away},
		{"What happened", "The watchdog remembers what it read, in memory. watchdog chart draws it in the terminal, and /chart as a picture in the chat. " +
			"Here a tick is drawn as a minute: first whether the orchestrator answered, then how old the oldest job in its queue was.", (*film).picture},
		{"The end", "The watchdog is asked to stop (SIGTERM): it sends the pending news, and exits.", (*film).end},
	}
}

// film is a running film.
type film struct {
	ctx context.Context
	*screen
	*stage
	seen   int              // messages of the chat that were shown
	raised map[string]int64 // by signal: the message that raised it
	held   int              // signals that were held back
}

func (f *film) quiet() error {
	f.start()
	if err := f.scrapes(2, "answers"); err != nil {
		return err
	}
	return f.rest()
}

func (f *film) fault() error {
	f.orch.change(func(o *fakeOrchestrator) { o.down = true })
	if err := f.scrapes(3, "503 Service Unavailable"); err != nil {
		return err
	}
	return f.expectNews(news{"ALERT orch_down", rings, raises})
}

func (f *film) symptom() error {
	f.orch.change(func(o *fakeOrchestrator) { o.old = 2 })
	if err := f.until("orch_stale is held back", func() bool { return f.signal("orch_stale").Held == core.HeldByInhibition }); err != nil {
		return err
	}
	stale := f.signal("orch_stale")
	f.held++
	f.aside("⏸  held back: orch_stale (%s), because orch_down is up: the chat is not told", stale.Hard)
	return f.rest()
}

func (f *film) panics() error {
	f.clumsy.Store(true)
	for i := range int64(2) {
		if err := f.until("the clumsy probe panics", func() bool { return f.counts.restarts.Load() > i }); err != nil {
			return err
		}
		f.aside("·  panic %d: restarted", i+1)
	}
	return f.expectNews(news{"ALERT watchdog_probe:clumsy", silent, raises})
}

func (f *film) reminder() error {
	ticks := f.counts.ticks.Load()
	if err := f.expectNews(news{"STILL orch_down", rings, says}); err != nil {
		return err
	}
	panics, restarts := f.counts.panics.Load(), f.counts.restarts.Load()
	f.aside("⟳  so far %d panics, %d restarts, and %d ticks of the watchdog since the act began: nothing else was disturbed",
		panics, restarts, f.counts.ticks.Load()-ticks)
	if panics < 2 || restarts < 2 || f.counts.ticks.Load() == ticks {
		return fmt.Errorf("%d panics and %d restarts of the clumsy probe, and %d ticks beside them", panics, restarts, f.counts.ticks.Load()-ticks)
	}
	return f.rest()
}

func (f *film) answer() error {
	const down messages.Key = "orch_down"
	alert, ok := f.message(f.raised[string(down)])
	if !ok {
		return fmt.Errorf("no message of the chat raised %s", down)
	}
	f.aside("👆 Ann presses Ack; the other buttons are Silence 1h and Why")
	f.chat.Presses(ann, alert, "Ack")
	if err := f.expectReply(alert.ID, "is acknowledged by Ann"); err != nil {
		return err
	}
	label := func() string {
		m, _ := f.message(alert.ID)
		return m.Labels()
	}
	if err := f.until("the buttons show who acknowledged", func() bool { return strings.HasPrefix(label(), "✓ Ann") }); err != nil {
		return err
	}
	f.aside("⌨  the buttons are replaced by: %s", label())
	f.aside("💬 Ann writes: /status")
	if err := f.expectReply(f.chat.Writes(fakeapi.Writing{Chat: alert.Chat, By: ann, Text: "/status"}), "acknowledged by Ann at"); err != nil {
		return err
	}
	if f.signal(down).Acknowledged.IsZero() {
		return fmt.Errorf("%s is not acknowledged", down)
	}
	return f.rest()
}

func (f *film) recovery() error {
	f.clumsy.Store(false)
	if err := f.expectNews(news{"RECOVERED watchdog_probe:clumsy", silent, answers}); err != nil {
		return err
	}
	f.orch.change(func(o *fakeOrchestrator) { o.down = false })
	if err := f.scrapes(3, "answers"); err != nil {
		return err
	}
	return f.expectNews(news{"RECOVERED orch_down", silent, answers})
}

func (f *film) away() error {
	const stuck messages.Key = "orch_rule:oldest_job"
	f.chat.Always(fakeapi.Reset{})
	before := f.chat.Asked("sendMessage")
	f.orch.change(func(o *fakeOrchestrator) { o.waiting = 20 * time.Minute })
	if err := f.until("the queue's age is told", func() bool { return f.signal(stuck).Announced == messages.Warning }); err != nil {
		return err
	}
	f.aside("✗  the oldest job waits 20 min: %s (warning) must be told", stuck)
	if err := f.until("Telegram is tried", func() bool { return f.chat.Asked("sendMessage") > before }); err != nil {
		return err
	}
	f.aside("✗  Telegram does not answer: the message waits and is retried, with growing delays")
	f.orch.change(func(o *fakeOrchestrator) { o.waiting = 12 * time.Second })
	if err := f.until("the queue has recovered", func() bool { return f.signal(stuck).Announced == messages.OK }); err != nil {
		return err
	}
	f.tell("… and then moves again, before anybody could be told. Telegram is back: one message says what was missed, with both times, instead of two outdated ones.")
	f.chat.Always(nil)
	return f.expectNews(news{"MISSED orch_rule:oldest_job", silent, says})
}

func (f *film) picture() error {
	for _, key := range []messages.Key{"orch_down", "orch_rule:oldest_job"} {
		series := f.history(key)
		bad := func(s history.Sample) bool { return s.Level > messages.OK }
		if !slices.ContainsFunc(series.Samples, bad) || bad(series.Samples[0]) {
			return fmt.Errorf("the history of %s does not show what happened: %d samples", key, len(series.Samples))
		}
		f.draw(chart.Text(series, chart.Screen{Width: screenWidth - 8, Height: chartHeight}, time.UTC))
	}
	return f.rest()
}

func (f *film) end() error {
	began := time.Now()
	if err := f.stop(); err != nil {
		return err
	}
	if err := f.pendingError(); err != nil {
		return err
	}
	if more := f.chat.Messages()[f.seen:]; len(more) > 0 {
		return fmt.Errorf("%q was told, and nothing more was expected", more[0].FirstLine())
	}
	f.aside("■  stopped after %.1f s", time.Since(began).Seconds())
	f.tell(fmt.Sprintf("You saw %d messages: an alert that rang and its reminder, a probe's own trouble, two answers to Ann, two recoveries as replies, and one message "+
		"for what was missed. %d symptom was held back, %d panics disturbed nothing else, %d ticks passed, and no news is pending.",
		f.seen, f.held, f.counts.panics.Load(), f.counts.ticks.Load()))
	return nil
}

// seconds formats a duration with a space that does not break.
func seconds(d time.Duration) string { return fmt.Sprintf("%g\u00a0s", d.Seconds()) }

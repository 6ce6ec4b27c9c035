package alertmanager

import (
	"fmt"
	"maps"
	"net/url"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// lifetime is how long an alert fires without being repeated: it outlives four
// repetitions that were lost. Events and FLAPPING are not repeated and fire for
// so long, which is more than the usual group_wait.
const lifetime = 5 * time.Minute

// alert is one element of what POST /api/v2/alerts takes.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
}

// alerts makes what a batch says into alerts: news first, then what was told before
// and is still so.
func (c *Channel) alerts(batch notifier.Batch) []alert {
	told := make(map[messages.Key]messages.Notification, len(batch.Active))
	for _, n := range batch.Active {
		told[n.Signal] = n
	}
	var made []alert
	for _, n := range batch.Items {
		before, knows := told[n.Signal]
		made = append(made, c.news(n, before, batch.At)...)
		if knows && n.News != messages.Flapping { // that says nothing of the level
			delete(told, n.Signal)
		}
	}
	for _, n := range batch.Active {
		if _, still := told[n.Signal]; still {
			made = append(made, c.fire(n, n.Level, batch.At))
		}
	}
	return made
}

// news makes the alerts of one piece of news. before is what was told of its signal;
// the zero value: nothing was.
func (c *Channel) news(n, before messages.Notification, now time.Time) []alert {
	switch n.News {
	case messages.Recovered, messages.Missed:
		level := before.Level
		if level < messages.Warning {
			level = n.Worst
		}
		return []alert{c.resolve(n, level)}
	case messages.Flapping:
		a := c.fire(n, messages.Warning, now)
		a.Labels["flapping"] = "true" // an alert of its own beside the signal's
		return []alert{a}
	case messages.Alert, messages.Worse, messages.Still, messages.Event:
	}
	made := []alert{c.fire(n, n.Level, now)}
	if before.Level >= messages.Warning && before.Level != n.Level {
		made = append(made, c.resolve(n, before.Level)) // another severity is another alert
	}
	return made
}

func (c *Channel) fire(n messages.Notification, level messages.Level, now time.Time) alert {
	return c.describe(n, level, now.Add(lifetime))
}

func (c *Channel) resolve(n messages.Notification, level messages.Level) alert {
	return c.describe(n, level, n.At)
}

// describe makes an alert. Its labels are its identity to Alertmanager: the same for as long as
// the trouble lasts.
func (c *Channel) describe(n messages.Notification, level messages.Level, ends time.Time) alert {
	labels := make(map[string]string, len(c.labels)+5)
	maps.Copy(labels, c.labels)
	maps.Copy(labels, map[string]string{
		"alertname": n.Signal.Kind(), "instance": c.host, "signal": string(n.Signal), "severity": severity(level), "job": "watchdog",
	})
	detail := n.Text()
	if n.News == messages.Event && n.Count > 1 {
		detail = fmt.Sprintf("%s (%d times)", detail, n.Count)
	}
	starts := n.Since
	if starts.After(ends) {
		starts = ends // a wall clock that went back; Alertmanager refuses the alert otherwise
	}
	annotations := map[string]string{"summary": fmt.Sprintf("%s %s · %s", n.News, n.Signal, c.host), "description": detail}
	if c.handbook != "" {
		annotations["runbook_url"] = c.handbook + "#" + url.PathEscape(n.Signal.Kind())
	}
	return alert{Labels: labels, Annotations: annotations, StartsAt: starts, EndsAt: ends}
}

func severity(level messages.Level) string {
	if level == messages.Critical {
		return "critical"
	}
	return "warning"
}

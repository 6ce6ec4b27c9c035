package alertmanager

import (
	"fmt"
	"maps"
	"net/url"
	"time"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/messages"
)

// lifetime is how long an alert fires without being repeated: four lost repetitions do not
// end it. Events and FLAPPING are not repeated, and fire for this time, which is longer than the
// usual group_wait.
const lifetime = 5 * time.Minute

// alert is an element of the list that POST /api/v2/alerts takes.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
}

// alerts returns the alerts for a batch: first the news, then the other active troubles.
func (c *Channel) alerts(batch notifier.Batch) []alert {
	active := make(map[messages.Key]messages.Notification, len(batch.Active))
	for _, n := range batch.Active {
		active[n.Signal] = n
	}
	var made []alert
	for _, n := range batch.Items {
		before, knows := active[n.Signal]
		made = append(made, c.news(n, before, batch.At)...)
		if knows && n.News != messages.Flapping { // flapping is an alert of its own, beside the signal's
			delete(active, n.Signal)
		}
	}
	for _, n := range batch.Active {
		if _, still := active[n.Signal]; still {
			made = append(made, c.fire(n, n.Level, batch.At))
		}
	}
	return made
}

// news returns the alerts for one piece of news. before is what the channel was last told of the
// signal, or the zero value.
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
		a.Labels["flapping"] = "true"
		return []alert{a}
	case messages.Alert, messages.Worse, messages.Still, messages.Event:
	}
	made := []alert{c.fire(n, n.Level, now)}
	if before.Level >= messages.Warning && before.Level != n.Level {
		made = append(made, c.resolve(n, before.Level)) // the alert with the former severity
	}
	return made
}

func (c *Channel) fire(n messages.Notification, level messages.Level, now time.Time) alert {
	return c.describe(n, level, now.Add(lifetime))
}

func (c *Channel) resolve(n messages.Notification, level messages.Level) alert {
	return c.describe(n, level, n.At)
}

// describe makes an alert. Its labels identify it to Alertmanager, so they stay the same while the
// trouble lasts.
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
		starts = ends // the wall clock stepped back, and Alertmanager refuses an alert that starts after its end
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

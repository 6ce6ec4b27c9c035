package alertmanager

import (
	"fmt"
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
func alerts(batch notifier.Batch, host string) []alert {
	told := make(map[messages.Key]messages.Notification, len(batch.Active))
	for _, n := range batch.Active {
		told[n.Signal] = n
	}
	var made []alert
	for _, n := range batch.Items {
		before, knows := told[n.Signal]
		made = append(made, news(n, before, batch.At, host)...)
		if knows && n.News != messages.Flapping { // that says nothing of the level
			delete(told, n.Signal)
		}
	}
	for _, n := range batch.Active {
		if _, still := told[n.Signal]; still {
			made = append(made, fire(n, n.Level, batch.At, host))
		}
	}
	return made
}

// news makes the alerts of one piece of news. before is what was told of its signal;
// the zero value: nothing was.
func news(n, before messages.Notification, now time.Time, host string) []alert {
	switch n.News {
	case messages.Recovered, messages.Missed:
		level := before.Level
		if level < messages.Warning {
			level = n.Worst
		}
		return []alert{resolve(n, level, host)}
	case messages.Flapping:
		a := fire(n, messages.Warning, now, host)
		a.Labels["flapping"] = "true" // an alert of its own beside the signal's
		return []alert{a}
	case messages.Alert, messages.Worse, messages.Still, messages.Event:
	}
	made := []alert{fire(n, n.Level, now, host)}
	if before.Level >= messages.Warning && before.Level != n.Level {
		made = append(made, resolve(n, before.Level, host)) // another severity is another alert
	}
	return made
}

func fire(n messages.Notification, level messages.Level, now time.Time, host string) alert {
	return describe(n, level, now.Add(lifetime), host)
}

func resolve(n messages.Notification, level messages.Level, host string) alert {
	return describe(n, level, n.At, host)
}

func describe(n messages.Notification, level messages.Level, ends time.Time, host string) alert {
	labels := map[string]string{
		"alertname": n.Signal.Kind(), "signal": string(n.Signal), "host": host, "severity": severity(level),
	}
	if instance := n.Signal.Instance(); instance != "" {
		labels["instance"] = instance
	}
	detail := n.Text()
	if n.News == messages.Event && n.Count > 1 {
		detail = fmt.Sprintf("%s (%d times)", detail, n.Count)
	}
	starts := n.Since
	if starts.After(ends) {
		starts = ends // a wall clock that went back; Alertmanager refuses the alert otherwise
	}
	return alert{
		Labels:      labels,
		Annotations: map[string]string{"summary": fmt.Sprintf("%s %s · %s", n.News, n.Signal, host), "detail": detail},
		StartsAt:    starts, EndsAt: ends,
	}
}

func severity(level messages.Level) string {
	if level == messages.Critical {
		return "critical"
	}
	return "warning"
}

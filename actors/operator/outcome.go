package operator

import (
	"time"

	"orchestrator-watchdog/messages"
)

// OutcomeText words the results of a request, one line each.
func OutcomeText(results []messages.Result, by string, zone *time.Location) Text {
	var t Text
	for _, r := range results {
		t = append(t, outcome(r, by, zone))
	}
	return t
}

func outcome(r messages.Result, by string, zone *time.Location) line {
	switch r.Outcome {
	case messages.Acknowledged:
		return linef("✓ %v is acknowledged by %v: no reminders until it is over, gets worse, or the acknowledgement expires", r.Signal, by)
	case messages.AcknowledgedBefore:
		return linef("%v was acknowledged already, by %v at %v", r.Signal, r.Acknowledged.By, clock(r.Acknowledged.At, zone))
	case messages.NothingWrong:
		return linef("%v is ok: there is nothing to acknowledge", r.Signal)
	case messages.TroubleOver:
		return linef("that trouble of %v is over", r.Signal)
	case messages.SignalUnknown:
		return linef("there is no signal %v any more", r.Signal)
	case messages.Silenced, messages.SilencedBefore:
		return silenced(r, by, zone)
	case messages.SilenceRefused:
		return linef("nothing is silenced: %v", r.Why)
	case messages.Unsilenced:
		return linef("%v was ended by %v", r.Silence.ID, by)
	case messages.SilenceUnknown:
		return linef("there is no silence %v: /silences lists them", shortened(r.Silence.ID))
	}
	return linef("%v", r.Outcome)
}

func silenced(r messages.Result, by string, zone *time.Location) line {
	globs := make([]messages.Key, len(r.Silence.Signals))
	for i, g := range r.Silence.Signals {
		globs[i] = messages.Key(g)
	}
	l := linef("🔕 %v: nothing is told of %v until %v, by %v; it covers %v signals now", r.Silence.ID, globs, clock(r.Silence.Until, zone), by, r.Covers)
	if len(r.Critical) > 0 {
		l = append(l, linef(", critical among them: %v", r.Critical)...)
	}
	return l
}

package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// maxNameRunes is the limit on the stored name of a person, in runes.
const maxNameRunes = 100

// ack is an acknowledgement (rule 10). It is immutable once it is in a Signal.
type ack struct {
	by    string
	at    time.Time // core time
	flaps bool      // it acknowledges the flapping, and ends when that settles
}

// shown returns the acknowledgement in wall time. skew is core time minus wall time.
func (a *ack) shown(skew time.Duration) messages.Acknowledgement {
	return messages.Acknowledgement{By: a.by, At: a.at.Add(-skew)}
}

func (st *step) shownAck(a *ack) messages.Acknowledgement {
	if a == nil {
		return messages.Acknowledgement{}
	}
	return a.shown(st.skew)
}

// troubled reports whether the signal can be acknowledged.
func (s *Signal) troubled() bool { return s.Hard > messages.OK || s.Flapping }

// acknowledged reports whether there is an acknowledgement that has not expired.
func (s *Signal) acknowledged(now time.Time, p *Policy) bool {
	return s.ack != nil && (p.AckExpires <= 0 || since(s.ack.at, now) < p.AckExpires)
}

// endAckWithTrouble ends the acknowledgement when the trouble is over, even if nothing is told.
func (s *Signal) endAckWithTrouble() {
	if s.ack == nil || s.Flapping {
		return
	}
	if s.ack.flaps || s.Hard == messages.OK && s.Announced == messages.OK {
		s.ack = nil
	}
}

// endAckWithNews ends the acknowledgement if the news ends it. If it has expired, it is returned,
// so that the reminder can name it.
func (s *Signal) endAckWithNews(d Decision, now time.Time, p *Policy) (expired *ack) {
	if s.ack == nil {
		return nil
	}
	if d.Reason == AckExpired {
		expired = s.ack
	}
	switch {
	case d.News == messages.Recovered, d.News == messages.Worse,
		d.News == messages.Flapping && !s.ack.flaps,
		!s.acknowledged(now, p):
		s.ack = nil
	}
	return expired
}

// hasTrouble reports whether the trouble is the present one of its signal.
func (st *step) hasTrouble(trouble messages.Trouble) bool {
	e := st.signals.get(trouble.Signal)
	return e != nil && e.troubled() && trouble.Began == e.Trouble
}

// acknowledge handles a request to acknowledge troubles.
func (st *step) acknowledge(m messages.Acknowledge) {
	answer := Answer{To: m.By, At: st.wall}
	for _, trouble := range m.Troubles {
		answer.Results = append(answer.Results, st.acknowledgeOne(trouble, m.By.Name))
	}
	st.effects = append(st.effects, answer)
}

func (st *step) acknowledgeOne(trouble messages.Trouble, by string) messages.Result {
	r := messages.Result{Signal: trouble.Signal}
	e := st.signals.get(trouble.Signal)
	switch {
	case e == nil:
		r.Outcome = messages.SignalUnknown
	case !e.troubled():
		r.Outcome = messages.NothingWrong
	case trouble.Began != 0 && trouble.Began != e.Trouble:
		r.Outcome = messages.TroubleOver
	case e.acknowledged(st.now, e.policy) && e.ack.flaps == e.Flapping:
		r.Outcome, r.Acknowledged = messages.AcknowledgedBefore, st.shownAck(e.ack)
	default:
		next := *e
		next.ack = &ack{by: clipped(by, maxNameRunes), at: st.now, flaps: e.Flapping}
		st.store(e, &next)
		st.withdrawReminders(next.key())
		r.Outcome, r.Acknowledged = messages.Acknowledged, st.shownAck(next.ack)
	}
	return r
}

// withdrawReminders removes pending reminders of an acknowledged trouble.
func (st *step) withdrawReminders(key messages.Key) {
	for _, ch := range st.channels {
		if n, ok := ch.pending[key]; ok && n.News == messages.Still {
			ch = st.edit(ch.name)
			delete(ch.pending, key)
			st.changes++
		}
	}
}

// clipped returns at most that many runes of a text from outside, to bound state and snapshot.
func clipped(text string, runes int) string {
	for i := range text {
		if runes--; runes < 0 {
			return text[:i]
		}
	}
	return text
}

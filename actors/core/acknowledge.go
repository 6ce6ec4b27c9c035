package core

import (
	"time"

	"orchestrator-watchdog/messages"
)

// maxNameRunes bounds what is kept of the name of the person who asked, in runes.
const maxNameRunes = 100

// ack is rule 10: somebody has taken a trouble on. It is never changed once it is in a Signal.
type ack struct {
	by    string
	at    time.Time // core time
	flaps bool      // it was made of the flapping, and ends when that settles
}

// shown is the acknowledgement as people are shown it; skew is the core's time less the wall's.
func (a *ack) shown(skew time.Duration) messages.Acknowledgement {
	return messages.Acknowledgement{By: a.by, At: a.at.Add(-skew)}
}

func (st *step) shownAck(a *ack) messages.Acknowledgement {
	if a == nil {
		return messages.Acknowledgement{}
	}
	return a.shown(st.skew)
}

// troubled tells whether there is something that can be acknowledged.
func (s *Signal) troubled() bool { return s.Hard > messages.OK || s.Flapping }

// acknowledged tells whether somebody has taken the trouble on, and that has not expired.
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

// endAckWithNews ends the acknowledgement if the news that is told ends it. It returns one that
// has expired, so that the reminder can name it.
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

// hasTrouble tells whether the signal has that very trouble now.
func (st *step) hasTrouble(trouble messages.Trouble) bool {
	e := st.signals.get(trouble.Signal)
	return e != nil && e.troubled() && trouble.Began == e.Trouble
}

// acknowledge takes the word of somebody that they have taken troubles on.
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
		st.withdrawReminders(next.key)
		r.Outcome, r.Acknowledged = messages.Acknowledged, st.shownAck(next.ack)
	}
	return r
}

// withdrawReminders removes reminders that were not sent yet: an acknowledged trouble needs none.
func (st *step) withdrawReminders(key messages.Key) {
	for _, ch := range st.channels {
		if n, waits := ch.pending[key]; waits && n.News == messages.Still {
			ch = st.edit(ch.name)
			delete(ch.pending, key)
			st.changes++
		}
	}
}

// clipped is the beginning of a text that comes from outside: state and snapshot are bounded.
func clipped(text string, runes int) string {
	for i := range text {
		if runes--; runes < 0 {
			return text[:i]
		}
	}
	return text
}

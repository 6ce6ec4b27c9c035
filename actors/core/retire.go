package core

import (
	"slices"

	"orchestrator-watchdog/messages"
)

// roster handles a new list of probes and channels.
func (st *step) roster(m messages.Roster) {
	st.expect(m.Probes)
	st.retireAll(func(e *entry) bool { return e.probe != ownProbe && !slices.Contains(m.Probes, e.probe) })
	channels := make([]*channel, len(m.Channels))
	for i, name := range m.Channels {
		channels[i] = st.channelNamed(name)
		if channels[i] == nil {
			channels[i] = &channel{name: name}
		}
	}
	former := st.channels
	st.channels = channels
	for _, ch := range former {
		if !slices.Contains(m.Channels, ch.name) {
			st.changes++
			if e := st.signals.get(deliverySignal(ch.name)); e != nil {
				st.retire(e)
			}
		}
	}
	for _, name := range m.Renewed {
		st.changes++
		st.edit(name).renew()
	}
}

// renew is called when the channel reaches other people than before. They were told nothing, so
// pending news becomes ALERT or MISSED, and there is no message to reply to.
func (ch *channel) renew() {
	clear(ch.told)
	for key, n := range ch.pending {
		n.ReplyTo = 0
		switch n.News {
		case messages.Worse, messages.Still:
			n.News = messages.Alert
		case messages.Recovered:
			n.News = messages.Missed
		case messages.Alert, messages.Event, messages.Flapping, messages.Missed: // as they are
		}
		ch.pending[key] = n
	}
}

// retireMissing retires the probe's signals that are missing in its complete report. Those that
// the report lists as off stay, without data.
func (st *step) retireMissing(r messages.Report, read reading) {
	named := make(map[messages.Key]bool, len(r.Observations))
	for i := range r.Observations {
		named[r.Observations[i].Signal] = true
	}
	st.retireAll(func(e *entry) bool {
		if e.probe != r.Probe || named[e.key()] || e.gone || st.switchedOff(e, r, read) {
			return false
		}
		// A one-shot without pending news may be retired too.
		return !e.policy.OneShot || e.Uncounted == 0 && since(e.ToldAt.time(), st.now) >= e.policy.Cooldown
	})
}

// switchedOff reports whether the report lists the signal as off. If so, it observes it as unknown.
func (st *step) switchedOff(e *entry, r messages.Report, read reading) bool {
	i := slices.IndexFunc(r.Off, func(off messages.Off) bool { return off.Covers(e.key()) })
	if i < 0 || e.policy.OneShot {
		return false
	}
	st.observe(r.Probe, read, &messages.Observation{Signal: e.key(), Level: messages.Unknown, Detail: r.Off[i].Why})
	return true
}

// retireAll retires the chosen signals.
func (st *step) retireAll(chosen func(*entry) bool) {
	for e := range st.State.signals.all {
		if chosen(e) {
			st.retire(e)
		}
	}
}

// retired handles a line of a replayed log: the subject of a signal is gone.
func (st *step) retired(m messages.Retired) {
	if e := st.signals.get(m.Signal); e != nil && !e.gone {
		st.retire(e)
	}
}

// retire applies rule 9: the subject is gone on purpose. Its recovery is told after all
// observations of the message.
func (st *step) retire(e *entry) {
	st.effects = append(st.effects, Retired{e.key()})
	if e.Announced == messages.OK || e.policy.OneShot {
		st.drop(e)
		return
	}
	gone := *e
	gone.gone = true
	gone.Signal = e.forgetPending(e.policy, st.now)
	gone.Hard, gone.Flapping, gone.Seen, gone.ack = messages.OK, false, messages.OK, nil
	gone.last = messages.Observation{Signal: e.key(), Level: messages.OK, Detail: "gone"}
	st.changes++
	st.signals.put(&gone)
	st.gone = append(st.gone, e.key())
}

// tellGone tells the recovery of a signal whose subject is gone. If the signal is suppressed,
// the next tick tries again.
func (st *step) tellGone(e *entry) {
	held := st.held(e, messages.Recovered)
	if held == Unsuppressed {
		st.announce(e, Decision{News: messages.Recovered, Reason: SubjectGone})
		st.drop(e)
		return
	}
	st.leaving = append(slices.Clip(st.leaving), e.key())
	next := *e
	next.hold(held, st.now)
	if next != *e {
		st.signals.put(&next)
	}
}

// drop forgets a signal.
func (st *step) drop(e *entry) {
	if st.signals.get(e.key()) == nil {
		return
	}
	if e.kept() {
		st.changes++
	}
	st.signals.remove(e.key())
	st.count(e, "", false)
}

// count updates owns: the signal of e, unless it is a one-shot, now belongs to the given
// probe, or to none.
func (st *step) count(e *entry, probe string, added bool) {
	if e.policy.OneShot || (e.probe == probe && !added) {
		return
	}
	if !added {
		st.owned.add(&st.owns, e.probe, -1)
	}
	if probe != "" {
		st.owned.add(&st.owns, probe, 1)
	}
}

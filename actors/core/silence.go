package core

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/glob"
)

const (
	// maxSilences is how many silences there may be.
	maxSilences = 100

	maxReasonRunes = 300
)

// silence is rule 11. It is immutable once it is in a State.
type silence struct {
	id      string
	globs   []string
	began   time.Time // core time, like until
	until   time.Time
	by      string
	reason  string
	channel string // where it was requested
	request string // identifies the request on the channel
}

func (s *silence) covers(key messages.Key) bool {
	return slices.ContainsFunc(s.globs, func(pattern string) bool { return glob.Match(pattern, string(key)) })
}

func (s *silence) view(skew time.Duration) messages.SilenceView {
	return messages.SilenceView{ID: s.id, Signals: s.globs, Until: s.until.Add(-skew), By: s.by, Reason: s.reason}
}

// Silences returns the silences, oldest first.
func (s State) Silences() []messages.SilenceView {
	views := make([]messages.SilenceView, len(s.silences))
	for i := range s.silences {
		views[i] = s.silences[i].view(s.skew)
	}
	return views
}

func (st *step) isSilenced(key messages.Key) bool {
	return slices.ContainsFunc(st.silences, func(s silence) bool { return s.covers(key) })
}

// endSilences drops the silences whose time is over. At its end time a silence is over.
func (st *step) endSilences() {
	if len(st.silences) == 0 {
		return
	}
	st.dropSilences(func(s silence) bool { return !st.now.Before(s.until) })
}

func (st *step) dropSilences(which func(silence) bool) {
	if !slices.ContainsFunc(st.silences, which) {
		return
	}
	st.silences = slices.DeleteFunc(slices.Clone(st.silences), which)
	st.changes++
}

// silence handles a request to silence signals.
func (st *step) silence(m messages.Silence) {
	st.effects = append(st.effects, Answer{To: m.By, At: st.wall, Results: []messages.Result{st.beginSilence(m)}})
}

func (st *step) beginSilence(m messages.Silence) messages.Result {
	same := func(s silence) bool { return s.request != "" && s.request == m.By.Request && s.channel == m.By.Channel }
	if i := slices.IndexFunc(st.silences, same); i >= 0 {
		return st.silenceResult(messages.SilencedBefore, &st.silences[i])
	}
	if m.Trouble != (messages.Trouble{}) && !st.hasTrouble(m.Trouble) {
		return messages.Result{Outcome: messages.TroubleOver, Signal: m.Trouble.Signal}
	}
	if why := st.refusal(m); why != "" {
		return messages.Result{Outcome: messages.SilenceRefused, Why: why}
	}
	number, named := silenceNumber(m.ID)
	if !named || slices.ContainsFunc(st.silences, func(s silence) bool { return s.id == m.ID }) {
		number = st.lastID + 1
	}
	st.lastID = max(st.lastID, number)
	s := silence{
		id: silenceID(number), globs: slices.Clone(m.Signals), began: st.now, until: st.now.Add(m.For),
		by: clipped(m.By.Name, maxNameRunes), reason: clipped(m.Reason, maxReasonRunes),
		channel: m.By.Channel, request: m.By.Request,
	}
	st.silences = append(slices.Clip(st.silences), s)
	st.changes++
	return st.silenceResult(messages.Silenced, &s)
}

// refusal returns why a request for a silence is refused; empty: it is not.
func (st *step) refusal(m messages.Silence) string {
	switch {
	case len(m.Signals) == 0:
		return "it names no signals"
	case len(m.Signals) > messages.MaxSilenceGlobs:
		return fmt.Sprintf("it has more than %d patterns", messages.MaxSilenceGlobs)
	case slices.ContainsFunc(m.Signals, func(pattern string) bool { return pattern == "" || len(pattern) > messages.MaxGlobLength }):
		return fmt.Sprintf("a pattern must have 1 to %d bytes", messages.MaxGlobLength)
	case m.For <= 0:
		return "its length must be more than 0"
	case m.For > messages.MaxSilence:
		return fmt.Sprintf("it may last at most %d days", messages.MaxSilence/(24*time.Hour))
	case len(st.silences) >= maxSilences:
		return fmt.Sprintf("there are %d silences already: end some of them", maxSilences)
	}
	return ""
}

// silenceResult returns the result of a request, with the known signals that the silence covers.
func (st *step) silenceResult(outcome messages.Outcome, s *silence) messages.Result {
	r := messages.Result{Outcome: outcome, Silence: s.view(st.skew)}
	for e := range st.signals.all {
		if !s.covers(e.key()) {
			continue
		}
		r.Covers++
		if e.Hard == messages.Critical {
			r.Critical = append(r.Critical, e.key())
		}
	}
	slices.Sort(r.Critical)
	return r
}

// unsilence handles a request to end silences.
func (st *step) unsilence(m messages.Unsilence) {
	ids := m.IDs
	if m.All {
		ids = nil
		for i := range st.silences {
			ids = append(ids, st.silences[i].id)
		}
	}
	answer := Answer{To: m.By, At: st.wall}
	for _, id := range ids {
		answer.Results = append(answer.Results, st.endSilence(id))
	}
	st.effects = append(st.effects, answer)
}

func (st *step) endSilence(id string) messages.Result {
	i := slices.IndexFunc(st.silences, func(s silence) bool { return s.id == id })
	if i < 0 {
		return messages.Result{Outcome: messages.SilenceUnknown, Silence: messages.SilenceView{ID: id}}
	}
	r := messages.Result{Outcome: messages.Unsilenced, Silence: st.silences[i].view(st.skew)}
	st.dropSilences(func(s silence) bool { return s.id == id })
	return r
}

const idPrefix = "s"

func silenceID(number uint64) string { return idPrefix + strconv.FormatUint(number, 10) }

// silenceNumber parses an id; ok is false if the text is not one.
func silenceNumber(id string) (number uint64, ok bool) {
	digits, ok := strings.CutPrefix(id, idPrefix)
	number, err := strconv.ParseUint(digits, 10, 63)
	return number, ok && err == nil && silenceID(number) == id
}

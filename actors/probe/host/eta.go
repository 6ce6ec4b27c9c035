package host

import (
	"fmt"

	"orchestrator-watchdog/messages"
)

// fullIn are the hours until a file system is full, by the contract, negated: less is
// worse. A warning is over at twelve, and critical is a warning again at six.
var fullIn = messages.LimitOf("host_disk_eta")

// eta says when the file system will be full at the pace of the last hour. Where the
// history of a raised signal broke off, nothing is known; before, nothing is wrong.
func (m *Mount) eta(s space) messages.Observation {
	m.pace.add(m.Now(), s)
	o := within(fullIn.Raise, messages.Observation{Signal: messages.NewKey("host_disk_eta", m.Label)})
	before := m.levels[o.Signal]
	perHour, ok := m.pace.perHour()
	switch {
	case !ok && before > messages.OK:
		o.Level, o.Expected, o.Detail = messages.Unknown, true, "no data: the file system was resized or not read for a while, and half an hour is needed to know its pace"
		return o
	case !ok:
		o.Detail = fmt.Sprintf("%s free; half an hour is needed to know the pace", bytesText(float64(s.free)))
		return o
	case perHour == 0:
		m.levels[o.Signal] = messages.OK
		o.Detail = fmt.Sprintf("%s free, and not filling steadily", bytesText(float64(s.free)))
		return o
	}
	hours := float64(s.free) / perHour
	o.Level = fullIn.Level(-hours, before)
	m.levels[o.Signal] = o.Level
	o.Detail = fmt.Sprintf("full in about %.1f h: %s free, filling by %s an hour", hours, bytesText(float64(s.free)), bytesText(perHour))
	if o.Level == messages.Critical {
		o = within(fullIn.RaiseCritical, o)
	}
	if o.Level > messages.OK {
		o.Detail += fmt.Sprintf("; what is large: du -xh -d 2 %s | sort -h on the host", m.Label)
	}
	return o.WithValue(hours)
}

// within says that the hours of an observation are held against a bound.
func within(bound float64, o messages.Observation) messages.Observation {
	return o.Against(-bound, fmt.Sprintf("< %g h", -bound))
}

package host

import (
	"fmt"

	"orchestrator-watchdog/messages"
)

// fullIn is the threshold for the hours until a file system is full. They are negated, since fewer
// hours are worse.
var fullIn = messages.LimitOf("host_disk_eta")

// eta observes host_disk_eta: the hours until the file system is full at the pace of the last hour.
// While the history is too short, a signal that was raised is unknown, and any other is ok.
func (m *Mount) eta(s space) messages.Observation {
	m.pace.add(m.Now(), s)
	o := withThreshold(fullIn.Raise, messages.Observation{Signal: messages.NewKey("host_disk_eta", m.Label)})
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
		o = withThreshold(fullIn.RaiseCritical, o)
	}
	if o.Level > messages.OK {
		o.Detail += fmt.Sprintf("; what is large: du -xh -d 2 %s | sort -h on the host", m.Label)
	}
	return o.WithValue(hours)
}

// withThreshold sets the threshold of an observation.
func withThreshold(bound float64, o messages.Observation) messages.Observation {
	return o.WithBound(-bound, fmt.Sprintf("< %g h", -bound))
}

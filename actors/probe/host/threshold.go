package host

import (
	"orchestrator-watchdog/messages"
)

// levels remembers the level of each signal of a probe, for the hysteresis.
type levels map[messages.Key]messages.Level

// judge makes an observation of a value, by the level that its signal had before.
func (l levels) judge(o messages.Observation, t messages.Threshold, unit string) messages.Observation {
	o = t.Judge(o, l[o.Signal], unit)
	l[o.Signal] = o.Level
	return o
}

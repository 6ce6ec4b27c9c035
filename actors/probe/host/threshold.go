package host

import "orchestrator-watchdog/messages"

// levels is the last level of each signal of a probe, for hysteresis.
type levels map[messages.Key]messages.Level

// judge sets the level of an observation by its value and the last level of its signal.
func (l levels) judge(o messages.Observation, t messages.Threshold, unit string) messages.Observation {
	o = t.Judge(o, l[o.Signal], unit)
	l[o.Signal] = o.Level
	return o
}

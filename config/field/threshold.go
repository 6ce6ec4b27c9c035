package field

import "orchestrator-watchdog/messages"

// Threshold is a threshold with hysteresis, declared with its default by the probe that uses it.
type Threshold struct {
	messages.Threshold
	Name    string // key in the file
	Unit    string
	Doc     string
	Percent bool // its values are percentages from above 0 to 100
	Warning bool // it has no raise_critical
}

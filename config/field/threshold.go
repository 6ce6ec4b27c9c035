package field

import "orchestrator-watchdog/messages"

// Threshold is a level with hysteresis, as the probe that judges by it declares it, with its default.
type Threshold struct {
	messages.Threshold
	Name    string // in the file
	Unit    string
	Doc     string
	Percent bool // of something whole
	Warning bool // it is never critical
}

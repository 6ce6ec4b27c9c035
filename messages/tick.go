package messages

import "time"

// Tick is the beat of the clock actor.
type Tick struct {
	Seq uint64 // counts up from 1 over the life of the process
	At  time.Time
}

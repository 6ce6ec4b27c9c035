package messages

import "time"

// Tick is the periodic message of the clock actor.
type Tick struct {
	Seq uint64 // counts up from 1 while the process lives
	At  time.Time
}

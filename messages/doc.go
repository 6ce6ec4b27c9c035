// Package messages defines the immutable values that actors pass to each other.
// It imports only the standard library, and every other package may import it.
//
//	who             sends           to whom          through
//	clock           Tick            core             channel, capacity 1, dropped if full
//	probe actor     Report          core             mailbox.Latest, one cell per probe
//	probe actor     Edge            core             mailbox.Queue (one-shots: they may not be overwritten)
//	core            Outbox          notifier         mailbox.Cell, one per channel
//	core            Confirm         probe actor      channel, capacity 1, dropped if full
//	notifier        Receipt         core             mailbox.Queue
//	supervisor      Roster, Crash   core             mailbox.Queue
//
// Nobody changes a value after it was sent: an actor that needs a different one
// makes a copy. The message owns its slices.
package messages

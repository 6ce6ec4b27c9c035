// Package messages is the ground floor: the immutable values that actors pass
// to each other, and nothing else. It imports the standard library alone and
// may be imported by every other package.
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
// A value, once sent, is never changed again by anyone: an actor that needs another
// one makes a copy. Slices in messages are owned by the message.
package messages

// Package mailbox holds the three kinds of mailbox that actors have beside plain
// channels. Wiring makes them; an actor sees one end; nobody closes them.
//
//	Latest  levels: the latest value of each sender, an unread earlier one is replaced
//	Queue   edges: bounded, in order, what does not fit is refused and counted
//	Cell    one value that can be looked at any number of times
//
// All of them survive the restart of their reader. It imports the standard library alone.
package mailbox

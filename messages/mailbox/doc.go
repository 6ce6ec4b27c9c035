// Package mailbox provides the three kinds of mailbox that actors use besides plain
// channels. The supervisor creates them; nobody closes them.
//
//	Latest  for levels: the latest value of each sender; it replaces an unread earlier one
//	Queue   for edges: bounded and in order; a value that does not fit is refused and counted
//	Cell    one value that can be read any number of times
//
// All of them survive a restart of their reader. It imports only the standard library.
package mailbox

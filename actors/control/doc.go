// Package control answers the commands of the machine: `watchdog reload` and those like it
// ask the running daemon over an abstract Unix socket, which is no file and ends with its
// network namespace. It knows how to ask and how to answer; what a command does is given to it.
//
// Only root and the daemon's own user are answered. A user that a user namespace maps to
// the overflow ID may be anybody, and is answered never.
package control

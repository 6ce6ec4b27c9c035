// Package control provides the control socket, over which commands such as `watchdog reload` ask
// the running daemon. It is an abstract Unix socket: it is not a file, and is visible only in its
// network namespace. The caller provides the handlers of the commands.
//
// Only root and the daemon's own user are answered. The overflow ID of a user namespace is never
// answered, since it may stand for any user.
package control

// Package replay runs recorded observations through the real decision core in the
// log's own time. It reads a stream in constant memory, whatever its length, and
// uses the very same core.Step as the daemon.
package replay

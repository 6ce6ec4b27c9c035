// Package replay runs recorded observations through the real decision core in the
// log's own time. It reads logs of any length in constant memory, and uses the same
// core.Step as the daemon.
package replay

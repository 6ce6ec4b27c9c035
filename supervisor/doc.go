// Package supervisor owns everything that must survive the crash of an actor: the mailboxes,
// the state of the core, the liveness stamps, and the tree of actors. It is the only importer
// of suture.
//
// Crashes are counted for each service separately, so that the crashes of one probe never delay
// the restart of another. The same holds for notifiers, the core and the clock.
package supervisor

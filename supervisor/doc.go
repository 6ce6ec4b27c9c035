// Package supervisor owns everything that must outlive a crash: the mailboxes, the
// state of the core, the stamps of liveness, and the tree of actors itself. It is the
// only importer of suture.
//
// Each service of a stage counts its crashes by itself, so that those of one probe never
// delay another; the same holds for each notifier, the core and the clock.
package supervisor

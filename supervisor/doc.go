// Package supervisor owns everything that must outlive a crash: the mailboxes, the
// state of the core, the stamps of liveness, and the tree of actors itself. It is the
// only importer of suture.
//
//	tree.go      the stages and what hangs in them; start, and stop in order
//	wiring.go    mailboxes, and which actor holds which end
//	stage.go     one root supervisor whose end is awaited
//	domain.go    the crash domain of one service: it counts its failures, and rests
//	policy.go    how many failures are too many
//	hook.go      suture's events, to log and metrics
//	liveness.go  who made progress when
//
// Each service of a stage counts its crashes by itself, so that those of one probe never
// delay another; likewise each notifier, the core and the clock.
package supervisor

// Package container is the probe of the Docker engine's containers: which crashed,
// are missing, restart again and again, run out of memory, or say of themselves that
// they are unhealthy. It only ever reads: GET and HEAD of a few paths, held by a guard
// that nothing goes around.
//
// The list and the inspects of one reading are the truth. The stream of events only
// says when to look, and what no inspect tells: who asked a container to stop, when it
// was started, what was killed for memory.
//
//	guard.go    what may reach the engine
//	bounds.go   how much of an answer is read
//	client.go   the docker client behind the guard
//	engine.go   the narrow view of the engine that the probe has
//	face.go     what an engine can tell: Docker, and Podman
//	plain.go    an error of the engine's in plain words
//	events.go   what the stream says of a container, in our words
//	stream.go   the mailbox between the watcher and the probe
//	watcher.go  the actor that follows the stream and wakes the probe
//	journal.go  what the stream has told of each container
//	probe.go    one reading: a list, and an inspect of what changed
//	recreated.go a name that lost its container a moment ago
//	names.go    pure: what a container is called, and which are watched
//	judge.go    pure: what the state of a container means
//	restarts.go pure: what a restart loop is
//	memory.go   pure: what of a container's memory is used
//	self.go     which container is our own
//
// It may import messages, actors/peer, actors/probe, actors/worker and the docker client.
package container

// Package container is the probe of the Docker engine's containers: which crashed,
// are missing, restart again and again, run out of memory, or say of themselves that
// they are unhealthy. It only ever reads: GET and HEAD of a few paths, held by a guard
// that nothing goes around.
//
// The list and the inspects of one reading are the truth. The stream of events only
// says when to look, and what no inspect tells: who asked a container to stop, when it
// was started, what was killed for memory.
//
// It may import messages, actors/peer, actors/probe, actors/worker and the docker client.
package container

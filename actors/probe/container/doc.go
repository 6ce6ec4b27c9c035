// Package container is the probe of the Docker engine's containers: which crashed, are missing,
// restart in a loop, run out of memory, or are unhealthy. It only reads: a guard in the transport
// allows GET and HEAD of a few paths and nothing else.
//
// The state of a container comes from the list and the inspects of one reading. The stream of
// events wakes the probe, and adds what no inspect contains: who asked a container to stop, when
// it was started, and kills for memory.
//
// The package may import messages and its subpackages, config/field, actors/peer, actors/probe,
// actors/worker and the docker client.
package container

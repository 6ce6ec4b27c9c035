// Package container is the probe of the Docker engine's containers: which crashed,
// which are missing, which say of themselves that they are unhealthy. It only ever
// reads: GET and HEAD of a few paths, held by a guard that nothing goes around.
//
//	guard.go   what may reach the engine
//	engine.go  the narrow view of the engine that the probe has
//	probe.go   one reading: a list, and an inspect of what changed
//	judge.go   pure: what the state of a container means
//	names.go   pure: what a container is called, and which are watched
//
// It may import messages, actors/probe and the docker client.
package container

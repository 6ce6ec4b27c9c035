// Package peerclock judges our own clock by those of the peers that are asked anyway:
// the HTTP probes write what each Date header says on a Board, and the probe of
// host_clock reads it. It sends nothing itself.
//
// It may import messages and actors/probe.
package peerclock

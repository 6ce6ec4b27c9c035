// Package peerclock compares our clock with the clocks of the peers. The HTTP probes record the
// offset of each Date header in Offsets, and the probe of host_clock judges them. The package
// sends nothing itself.
//
// The package may import messages, config/field and actors/probe.
package peerclock

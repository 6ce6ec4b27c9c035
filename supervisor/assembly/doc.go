// Package assembly makes the parts of the tree of a configuration: what is watched, and
// who is told. It is the only package that knows both the settings and the concrete probes
// and channels. A new probe is one more row of Probes, a new channel one more of Channels.
package assembly

// Package assembly makes the parts of a tree from a configuration: probes, channels and settings. It
// is the only package that knows both the settings and the concrete probes and channels. A new probe
// is one more row in Probes, a new channel one more kind in channelKinds.
package assembly

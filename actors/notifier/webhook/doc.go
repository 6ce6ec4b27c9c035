// Package webhook has the channels that send HTTP requests to one URL: a webhook with a body
// from the settings, or a service whose form is known. It may import notifier, peer and
// messages.
//
// It does not use text/template, which calls methods by name: the linker could then drop no
// method of any type.
package webhook

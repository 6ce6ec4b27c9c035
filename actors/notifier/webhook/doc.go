// Package webhook is the channel to one address that takes HTTP requests: a webhook whose
// body the settings give, or one whose form is known. It may import notifier, peer and
// messages.
//
// There is no template engine: text/template calls methods by their names, which keeps the
// linker from dropping any method of any type.
package webhook

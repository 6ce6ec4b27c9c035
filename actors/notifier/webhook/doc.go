// Package webhook is the channel to one address that takes HTTP requests: a webhook whose
// body the settings give, or one whose form is known. It may import notifier, peer and
// messages.
//
//	channel.go   one request: what it is made of, and the sending
//	message.go   pure: what a batch says, by the names of the placeholders
//	template.go  pure: placeholders in a text, escaped for where they stand
//	form.go      the table of known forms: ntfy, gotify, slack, discord, …
//	answer.go    pure: what an answer means, by the documents of each form
//
// There is no template engine: text/template calls methods by their names, which keeps the
// linker from dropping any method of any type.
package webhook

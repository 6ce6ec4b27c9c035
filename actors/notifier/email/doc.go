// Package email is the channel to mailboxes, through one mail server. It may import notifier,
// peer, messages, go-mail and zap.
//
//	settings.go  what the file says of it
//	channel.go   one mail to all recipients, and who of them still lacks it
//	mail.go      pure: the mail of a batch, and the thread that it belongs to
//	session.go   one conversation with the server: TLS, login, sender, recipients, content
//	refusal.go   pure: what a refusal means, and what to fix
//
// The message and the commands are go-mail's; its Client is not used, since one refused
// recipient would keep the mail from all others.
package email

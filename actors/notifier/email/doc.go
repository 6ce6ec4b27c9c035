// Package email is the channel to mailboxes, through one mail server. It may import notifier,
// peer, messages, go-mail and zap.
//
//	settings.go  the settings
//	channel.go   sends one mail to all recipients, and tracks who has got it
//	mail.go      pure: the mail of a batch, and its thread
//	session.go   one session with the server: TLS, login, sender, recipients, content
//	refusal.go   pure: the meaning of a refusal, and its remedy
//
// Messages and SMTP commands come from go-mail. Its Client is not used, since it sends the mail to
// nobody if the server refuses one recipient.
package email

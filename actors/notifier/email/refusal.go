package email

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
)

// maxReason is how much of a server's reply is shown, in bytes.
const maxReason = 300

// replyOf returns the server's reply in err; ok is false if there is none.
func replyOf(err error) (reply *textproto.Error, ok bool) {
	return errors.AsType[*textproto.Error](err)
}

// isPermanent reports whether err is a permanent refusal: RFC 5321 marks it by the first digit.
func isPermanent(err error) bool {
	reply, refused := replyOf(err)
	return refused && reply.Code/100 == 5
}

// sanitized makes an error or the server's reply safe to show: one line, without the password.
func (c *Channel) sanitized(err error) string {
	text := err.Error()
	if reply, refused := replyOf(err); refused {
		text = fmt.Sprintf("%d %s", reply.Code, reply.Msg)
	}
	return peer.Line(c.cleaner.Clean(strings.Join(strings.Fields(text), " ")), maxReason)
}

// failure converts an error to a *notifier.Failure. Its text does not hold the password.
func (c *Channel) failure(trace *peer.Trace, err error) error {
	at := toConnect
	if failed, ok := errors.AsType[*stepError](err); ok {
		at, err = failed.step, failed.err
	}
	f := &notifier.Failure{}
	if _, refused := replyOf(err); !refused {
		f.Err = fmt.Errorf("the mail server can't be used (%s): %s", at.name(), c.sanitized(trace.Explain(err)))
		if errors.Is(err, errNoTLS) || errors.Is(err, errNoLogin) {
			f.Permanent, f.Remedy = true, remedies[at]
		}
		return f
	}
	f.Err = fmt.Errorf("the mail server refuses (%s): %s", at.name(), c.sanitized(err))
	switch {
	case !isPermanent(err):
	case at == toSend:
		f.Content = true
	default:
		f.Permanent, f.Remedy = true, c.remedy(at, err)
	}
	return f
}

// remedies are the remedies for permanent refusals, by step.
var remedies = map[step]string{
	toGreet:         "it accepts no mail from this host: ask its administrator, or set another server",
	toSecure:        "set tls: implicit if the server encrypts from the first byte (port 465), or tls: none if the mail need not be encrypted",
	toLogin:         "check user and password, and whether the account may send by SMTP",
	toNameSender:    "check from: the server does not send for that address",
	toNameRecipient: "check to: the server accepts none of the addresses",
}

func (c *Channel) remedy(at step, err error) string {
	reply, _ := replyOf(err)
	if reply.Code == 530 && at != toLogin && c.User == "" {
		return "the server requires a login: set user and password"
	}
	return remedies[at]
}

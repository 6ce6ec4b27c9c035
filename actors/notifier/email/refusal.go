package email

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
)

// maxReason bounds what is shown of what a server says, in bytes.
const maxReason = 300

// replyOf gives what a server said to refuse something; ok is false where it said nothing.
func replyOf(err error) (reply *textproto.Error, ok bool) {
	ok = errors.As(err, &reply)
	return reply, ok
}

// lasts tells a refusal for good from one at present: by RFC 5321 the first digit says it.
func lasts(err error) bool {
	reply, refused := replyOf(err)
	return refused && reply.Code/100 == 5
}

// said makes what the server says fit to be shown.
func (c *Channel) said(err error) string {
	text := err.Error()
	if reply, refused := replyOf(err); refused {
		text = fmt.Sprintf("%d %s", reply.Code, reply.Msg)
	}
	return peer.Line(c.cleaner.Clean(strings.Join(strings.Fields(text), " ")), maxReason)
}

// failure makes of an error what the notifier's actor goes on with. Its text holds no password.
func (c *Channel) failure(trace *peer.Trace, err error) error {
	at := toConnect
	var failed *stepError
	if errors.As(err, &failed) {
		at, err = failed.step, failed.err
	}
	f := &notifier.Failure{}
	if _, refused := replyOf(err); !refused {
		f.Err = fmt.Errorf("the mail server can't be used (%s): %s", at.name(), c.said(trace.Words(err)))
		if errors.Is(err, errNoTLS) || errors.Is(err, errNoLogin) {
			f.Permanent, f.Remedy = true, remedies[at]
		}
		return f
	}
	f.Err = fmt.Errorf("the mail server refuses (%s): %s", at.name(), c.said(err))
	switch {
	case !lasts(err):
	case at == toSend:
		f.Content = true
	default:
		f.Permanent, f.Remedy = true, c.remedy(at, err)
	}
	return f
}

// remedies say what to fix where a step is refused for good.
var remedies = map[step]string{
	toGreet:         "it takes no mail from this host: ask whoever runs it, or set another server",
	toSecure:        "set tls: implicit where it encrypts from the first byte (port 465), or tls: none where that is meant",
	toLogin:         "check user and password, and whether the account may send by SMTP",
	toNameSender:    "check from: it does not send for that address",
	toNameRecipient: "check to: it takes mail for none of them",
}

func (c *Channel) remedy(at step, err error) string {
	reply, _ := replyOf(err)
	if reply.Code == 530 && at != toLogin && c.User == "" {
		return "it wants a login: set user and password"
	}
	return remedies[at]
}

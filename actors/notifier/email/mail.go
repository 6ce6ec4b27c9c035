package email

import (
	"encoding/binary"
	"html"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
)

const (
	// maxText bounds a mail, in UTF-16 code units: what people read of one.
	maxText = 20_000
	// maxThreads bounds how many threads one mail says to belong to.
	maxThreads = 20
)

// letter is a mail before it is sent.
type letter struct {
	subject string
	plain   string
	html    string  // empty: it has none
	id      int64   // the same for the same news
	threads []int64 // the mails that it belongs to: those that raised the troubles
	urgent  bool
	at      time.Time
}

// write makes the mail of a batch. It belongs to the thread of every trouble that was raised
// in an earlier mail.
func write(batch notifier.Batch, style notifier.Style) letter {
	r := notifier.Render(batch.Items, style)
	l := letter{subject: r.Title, plain: r.Plain, id: identity(batch.Items), urgent: !r.Silent, at: batch.At}
	if !batch.Plain {
		l.html = r.HTML
	}
	for _, n := range batch.Items {
		if n.ReplyTo != 0 && n.ReplyTo != l.id && !slices.Contains(l.threads, n.ReplyTo) && len(l.threads) < maxThreads {
			l.threads = append(l.threads, n.ReplyTo)
		}
	}
	return l
}

// identity names what is told: a mail that is sent again has the same Message-ID, so that
// a reader who got it already sees it once.
func identity(items []messages.Notification) int64 {
	sum := notifier.Identity(items)
	return max(1, int64(binary.BigEndian.Uint64(sum[:])>>1))
}

// message makes the letter ready to be sent: no text of it can be a header of its own.
func (l letter) message(from *mail.Address, to []*mail.Address) *gomail.Msg {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, from)
	m.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to...)
	m.Subject(oneLine(l.subject))
	m.SetDateWithValue(l.at)
	_, domain := cutLast(from.Address, "@")
	m.SetMessageIDWithValue(messageID(l.id, domain))
	if len(l.threads) > 0 {
		ids := make([]string, len(l.threads))
		for i, id := range l.threads {
			ids[i] = "<" + messageID(id, domain) + ">"
		}
		m.SetGenHeaderPreformatted("In-Reply-To", ids[0])
		m.SetGenHeaderPreformatted("References", strings.Join(ids, "\r\n "))
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated") // no auto-responder answers it
	m.SetGenHeader(gomail.HeaderUserAgent, peer.UserAgent)
	if l.urgent {
		m.SetImportance(gomail.ImportanceHigh)
	}
	m.SetBodyString(gomail.TypeTextPlain, l.plain)
	if l.html != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, "<!DOCTYPE html>\n<html><body>"+strings.ReplaceAll(l.html, "\n", "<br>\n")+"</body></html>\n")
	}
	return m
}

func messageID(id int64, domain string) string {
	return "watchdog." + strconv.FormatInt(id, 36) + "@" + domain
}

// maxSubject bounds a subject, in bytes.
const maxSubject = 250

func oneLine(text string) string { return peer.Line(text, maxSubject) }

// with adds a remark to the letter.
func (l letter) with(remark string) letter {
	if remark == "" {
		return l
	}
	l.plain += "\n\n" + remark
	if l.html != "" {
		l.html += "\n\n" + html.EscapeString(remark)
	}
	return l
}

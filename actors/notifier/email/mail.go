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
	// maxText is the length of the longest mail, in UTF-16 code units: nobody reads more.
	maxText = 20_000
	// maxSubject is the length of the longest subject, in bytes.
	maxSubject = 250
	// maxThreads is how many threads a mail refers to at most.
	maxThreads = 20
)

// letter is a mail before it is sent.
type letter struct {
	subject string
	plain   string
	html    string  // empty: none
	id      int64   // identifies the news: a retry has the same id
	threads []int64 // the ids of the mails that raised the troubles
	urgent  bool
	at      time.Time
}

// write makes the mail of a batch. It belongs to the threads of all troubles that were raised in
// earlier mails.
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

// identity returns an id for the news. A retry has the same Message-ID, so that mail programs show
// it once.
func identity(items []messages.Notification) int64 {
	sum := notifier.Identity(items)
	return max(1, int64(binary.BigEndian.Uint64(sum[:])>>1))
}

// message converts the letter for go-mail. No text of the letter can become a header.
func (l letter) message(from *mail.Address, to []*mail.Address) *gomail.Msg {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, from)
	m.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to...)
	m.Subject(peer.Line(l.subject, maxSubject))
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
	m.SetGenHeader("Auto-Submitted", "auto-generated") // auto-responders must not answer
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

// withRemark returns the letter with a remark appended.
func (l letter) withRemark(remark string) letter {
	if remark == "" {
		return l
	}
	l.plain += "\n\n" + remark
	if l.html != "" {
		l.html += "\n\n" + html.EscapeString(remark)
	}
	return l
}

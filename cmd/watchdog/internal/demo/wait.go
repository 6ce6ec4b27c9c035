package demo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
)

// news is an expected message.
type news struct {
	head string // KIND key
	bell bell
	as   place
}

// bell is whether a message rings.
type bell bool

const (
	rings  bell = true
	silent bell = false
)

// place is the relation of a message to others.
type place int

const (
	raises  place = iota // it raises a signal: later messages may reply to it
	says                 // it is no reply
	answers              // it replies to the one that raised the signal
)

// heads matches the head of each signal in a message.
var heads = regexp.MustCompile(`(?m)^\S+ ((?:ALERT|WORSE|STILL|RECOVERED|FLAPPING|EVENT|MISSED) \S+) · `)

// expectNews shows the messages of the chat up to the expected one, and returns an error for any other.
// A reminder may come at any time, because the film takes longer on a slow machine.
func (f *film) expectNews(want news) error {
	ctx, cancel := context.WithTimeout(f.ctx, f.tempo.patience)
	defer cancel()
	for {
		m, err := f.nextMessage(ctx)
		if err != nil {
			return fmt.Errorf("%q was expected: %w", want.head, err)
		}
		found := false
		for _, head := range heads.FindAllStringSubmatch(m.Plain, -1) {
			switch {
			case head[1] == want.head:
				found = true
			case !strings.HasPrefix(head[1], "STILL "):
				return fmt.Errorf("%q was told, and %q was expected", head[1], want.head)
			}
		}
		if found {
			return f.check(m, want)
		}
	}
}

// nextMessage waits for the next message of the chat, and shows it.
func (f *film) nextMessage(ctx context.Context) (fakeapi.Message, error) {
	all, err := f.chat.Wait(ctx, func(m []fakeapi.Message) bool { return len(m) > f.seen })
	if err != nil {
		return fakeapi.Message{}, err
	}
	m := all[f.seen]
	f.seen++
	f.bubble(m, all)
	return m, nil
}

// ann is the person in the chat.
var ann = fakeapi.Person{ID: 7, Name: "Ann"}

// message returns a message of the chat by its id.
func (f *film) message(id int64) (m fakeapi.Message, ok bool) {
	for _, m := range f.chat.Messages() {
		if m.ID == id {
			return m, true
		}
	}
	return m, false
}

// expectReply shows the messages of the chat up to the reply to a message. A reminder may come before
// it.
func (f *film) expectReply(to int64, text string) error {
	ctx, cancel := context.WithTimeout(f.ctx, f.tempo.patience)
	defer cancel()
	for {
		m, err := f.nextMessage(ctx)
		if err != nil {
			return fmt.Errorf("an answer with %q was expected: %w", text, err)
		}
		switch {
		case m.ReplyTo == to && strings.Contains(m.Plain, text):
			return nil
		case !strings.Contains(m.FirstLine(), " STILL "):
			return fmt.Errorf("%q came, and an answer with %q was expected", m.FirstLine(), text)
		}
	}
}

// check compares a message with the expected one.
func (f *film) check(m fakeapi.Message, want news) error {
	_, key, _ := strings.Cut(want.head, " ")
	switch {
	case m.Silent == bool(want.bell):
		return fmt.Errorf("%q rings: %t", want.head, !m.Silent)
	case want.as == answers && m.ReplyTo != f.raised[key]:
		return fmt.Errorf("%q replies to message %d, and message %d raised it", want.head, m.ReplyTo, f.raised[key])
	case want.as == raises:
		f.raised[key] = m.ID
	}
	return f.rest()
}

// scrapes waits for the next n scrapes of the orchestrator and shows each.
func (f *film) scrapes(n int, answer string) error {
	before := f.orch.scrapes()
	for i := range n {
		if err := f.until("the orchestrator is scraped", func() bool { return f.orch.scrapes() > before+i }); err != nil {
			return err
		}
		f.aside("·  scrape %d: %s", i+1, answer)
	}
	return nil
}

// until waits until holds returns true; what describes the condition in the error.
func (f *film) until(what string, holds func() bool) error {
	limit := time.NewTimer(f.tempo.patience)
	defer limit.Stop()
	look := time.NewTicker(f.tempo.tick / 20)
	defer look.Stop()
	for !holds() {
		select {
		case <-f.ctx.Done():
			return f.ctx.Err()
		case <-limit.C:
			return fmt.Errorf("timeout after %s: expected that %s", f.tempo.patience, what)
		case <-look.C:
		}
	}
	return nil
}

// rest pauses so that people can read.
func (f *film) rest() error {
	pause := time.NewTimer(f.tempo.pause)
	defer pause.Stop()
	select {
	case <-f.ctx.Done():
		return f.ctx.Err()
	case <-pause.C:
		return nil
	}
}

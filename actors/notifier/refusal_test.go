package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/messages"
)

// refusingWord is a channel that refuses every message with a certain word, and records the others.
type refusingWord struct {
	mu   sync.Mutex
	word string
	took []string
	n    int // attempts
}

func (*refusingWord) Name() string { return "chat" }

func (c *refusingWord) Send(_ context.Context, b Batch) (Sent, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	var names []string
	for _, n := range b.Items {
		if strings.Contains(string(n.Signal)+" "+n.Detail, c.word) {
			return Sent{}, &Failure{Err: errors.New("400 Bad Request"), Content: true}
		}
		name := string(n.Signal)
		if b.Plain {
			name += " without its detail"
		}
		names = append(names, name)
	}
	c.took = append(c.took, fmt.Sprint(names))
	return Sent{MessageID: int64(c.n)}, nil
}

// refuse sets the word.
func (c *refusingWord) refuse(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.word = word
}

// state returns the messages that the channel took, and the number of attempts.
func (c *refusingWord) state() (took string, attempts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.took), c.n
}

// alertsOf returns one alert for each signal.
func alertsOf(detail string, signals ...string) []messages.Notification {
	all := make([]messages.Notification, len(signals))
	for i, s := range signals {
		all[i] = news(uint64(i+1), true)
		all[i].Signal = messages.Key(s)
		if strings.Contains(s, "culprit") {
			all[i].Detail = detail
		}
	}
	return all
}

// A message whose content is refused is halved until the culprit is alone. The others arrive, and
// the culprit is told as plain text without its detail.
func TestACulpritIsToldWithoutItsDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &refusingWord{word: "poison"}, newFakeCore()
		d.add(alertsOf("poison", "a", "culprit", "b", "c", "another culprit", "d")...)
		_, stop := serve(ch, d, true)
		time.Sleep(30 * time.Second)
		stop()
		if left := d.cell.Load().Items; len(left) != 0 {
			t.Errorf("still pending: %v", left)
		}
		for _, want := range []string{"[culprit without its detail]", "[another culprit without its detail]"} {
			if !slices.Contains(ch.took, want) {
				t.Errorf("told %v, want %s among them", ch.took, want)
			}
		}
		var shortened []string
		for _, r := range d.receipts() {
			if r.Shortened != "" {
				shortened = append(shortened, string(r.Items[0].Signal))
			}
		}
		slices.Sort(shortened)
		if fmt.Sprint(shortened) != "[another culprit culprit]" {
			t.Errorf("the receipts name as shortened: %v", shortened)
		}
	})
}

// News that is refused even without its detail is retried alone every five minutes. It delays
// neither pending news nor later news.
func TestRefusedNewsDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &refusingWord{word: "culprit"}, newFakeCore()
		d.add(alertsOf("", "culprit", "a", "b")...)
		_, stop := serve(ch, d, true)
		time.Sleep(5 * time.Second)
		took, _ := ch.state()
		if took != "[[a b]]" {
			t.Errorf("after five seconds: %v, want the other news", took)
		}
		time.Sleep(time.Minute)
		_, before := ch.state()
		later := news(9, true)
		later.Signal = "later"
		d.add(later)
		time.Sleep(2 * time.Second)
		took, n := ch.state()
		if took != "[[a b] [later]]" || n != before+1 {
			t.Errorf("%v in %d attempts, want the later news at the first attempt", took, n-before)
		}
		ch.refuse("nothing")
		time.Sleep(5 * time.Minute)
		if took, _ = ch.state(); took != "[[a b] [later] [culprit without its detail]]" {
			t.Errorf("after five minutes: %v", took)
		}
		stop()
		refusals := map[messages.Refusal]int{}
		for _, r := range d.receipts() {
			refusals[r.Refusal]++
		}
		if refusals[messages.RefusedAlone] != 1 {
			t.Errorf("%v, want one RefusedAlone", refusals)
		}
	})
}

// Newer news of a suspect signal is tried with its detail again.
func TestNewerNewsIsTriedWithItsDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &refusingWord{word: "culprit"}, newFakeCore()
		d.add(alertsOf("", "culprit")...)
		_, stop := serve(ch, d, true)
		time.Sleep(5 * time.Second)
		ch.refuse("nothing")
		d.mu.Lock()
		box := d.cell.Load()
		n := news(7, true)
		n.Signal = "culprit"
		box.Items = []messages.Notification{n}
		d.cell.Store(box)
		d.mu.Unlock()
		time.Sleep(2 * time.Second)
		stop()
		if took, _ := ch.state(); took != "[[culprit]]" {
			t.Errorf("%v, want the newer news with its detail", took)
		}
	})
}

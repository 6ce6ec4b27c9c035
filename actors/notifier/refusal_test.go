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

// picky is a channel that refuses every message which holds a word, and notes what it took.
type picky struct {
	mu   sync.Mutex
	word string
	took []string
	n    int // attempts
}

func (*picky) Name() string { return "chat" }

func (c *picky) Send(_ context.Context, b Batch) (Sent, error) {
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

// refuse lets it refuse another word from now on.
func (c *picky) refuse(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.word = word
}

// so is what it took, and in how many attempts.
func (c *picky) so() (took string, attempts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.took), c.n
}

// named are alerts of the signals, all at once.
func named(detail string, signals ...string) []messages.Notification {
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

// A message that is refused for what it holds is halved until the culprit is alone: the others
// arrive, and the culprit is told as plain text without its detail.
func TestACulpritIsToldWithoutItsDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &picky{word: "poison"}, newDesk()
		d.add(named("poison", "a", "culprit", "b", "c", "another culprit", "d")...)
		_, stop := serve(ch, d, true)
		time.Sleep(30 * time.Second)
		stop()
		if left := d.cell.Load().Items; len(left) != 0 {
			t.Errorf("still to tell: %v", left)
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
			t.Errorf("said to be shortened: %v", shortened)
		}
	})
}

// What is refused in every form is set aside and tried alone every five minutes: it delays
// nothing else, neither what waits with it nor what comes later.
func TestWhatCantBeToldStopsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &picky{word: "culprit"}, newDesk()
		d.add(named("", "culprit", "a", "b")...)
		_, stop := serve(ch, d, true)
		time.Sleep(5 * time.Second)
		took, _ := ch.so()
		if took != "[[a b]]" {
			t.Errorf("within five seconds: %v, want the others", took)
		}
		time.Sleep(time.Minute)
		_, before := ch.so()
		later := news(9, true)
		later.Signal = "later"
		d.add(later)
		time.Sleep(2 * time.Second)
		took, n := ch.so()
		if took != "[[a b] [later]]" || n != before+1 {
			t.Errorf("%v in %d attempts, want the later one at the first", took, n-before)
		}
		ch.refuse("nothing")
		time.Sleep(5 * time.Minute)
		if took, _ = ch.so(); took != "[[a b] [later] [culprit without its detail]]" {
			t.Errorf("after five minutes: %v", took)
		}
		stop()
		refusals := map[messages.Refusal]int{}
		for _, r := range d.receipts() {
			refusals[r.Refusal]++
		}
		if refusals[messages.RefusedAlone] != 1 {
			t.Errorf("%v, want one that says that it can't be told", refusals)
		}
	})
}

// Newer news of a signal that could not be told is tried with its detail again.
func TestNewerNewsIsTriedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, d := &picky{word: "culprit"}, newDesk()
		d.add(named("", "culprit")...)
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
		if took, _ := ch.so(); took != "[[culprit]]" {
			t.Errorf("%v, want the newer news as it is", took)
		}
	})
}

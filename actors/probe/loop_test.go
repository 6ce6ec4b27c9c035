package probe

import (
	"testing"
	"time"

	"orchestrator-watchdog/actors/worker"
	"orchestrator-watchdog/messages"
)

// The loop of an actor allocates nothing: neither to start a reading, nor to confirm, nor to close
// a reading that ended. An allocation may need more stack than the smallest, and the stack of every
// idle actor would double (ADR 17).
func TestTheLoopAllocatesNothing(t *testing.T) {
	now := time.Now()
	a := NewActor(Options{Name: "p", Interval: 15 * time.Second, Confirm: time.Second, Deadline: time.Second, Common: &Common{Now: func() time.Time { return now }}})
	started := 0
	a.start = func() { started++ }
	a.next = now
	allocated := testing.AllocsPerRun(100, func() {
		now = now.Add(15 * time.Second)
		a.Calls.sleep(a.wait())
		a.turn()
		a.Calls.Confirm()
		a.Calls.ReadNow()
		for range 2 { // the second reading is the requested one
			a.hasRead(nil)
			a.answer()
		}
	})
	if allocated != 0 || started < 100 {
		t.Errorf("a round of the loop allocates %v times, with %d readings started", allocated, started)
	}
}

// A request that comes together with a panic of the reading is answered after the restart.
func TestARequestSurvivesAPanic(t *testing.T) {
	a := NewActor(Options{Name: "p", Interval: time.Hour, Deadline: time.Second, Common: &Common{Now: time.Now, Emit: func(messages.Report) {}}})
	started := 0
	a.start = func() { started++ }
	a.turn()
	a.next = time.Now().Add(time.Hour)
	a.hasRead(&worker.Panic{})
	a.Calls.ReadNow()
	func() {
		defer func() { _ = recover() }()
		a.answer()
	}()
	if !a.answer() {
		t.Fatal("the request is not heard after the panic")
	}
	if started != 2 {
		t.Errorf("%d readings started, want the one that panicked and the requested one", started)
	}
}

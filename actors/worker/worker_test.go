package worker_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"orchestrator-watchdog/actors/worker"
)

// While a piece of work has not returned, no second one starts.
func TestOnlyOnePieceOfWorkIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worker.New[int]()
		release := make(chan struct{})
		if !w.Start(func() (int, error) { <-release; return 1, nil }) {
			t.Fatal("the first piece of work starts")
		}
		if w.Start(func() (int, error) { return 2, nil }) {
			t.Error("a second piece of work started beside the first")
		}
		close(release)
		if r := <-w.Done(); r.Value != 1 {
			t.Errorf("got the result %d, want the first one's", r.Value)
		}
		if !w.Start(func() (int, error) { return 3, errors.New("no") }) {
			t.Error("the next piece of work starts once the first returned")
		}
		if r := <-w.Done(); r.Value != 3 || r.Err == nil {
			t.Errorf("got %+v, want the value and the error of the work", r)
		}
	})
}

// A result that nobody took does not stand in for that of the next piece of work.
func TestAnUntakenResultIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worker.New[int]()
		for i := range 3 {
			if !w.Start(func() (int, error) { return i, nil }) {
				t.Fatalf("piece %d did not start", i)
			}
			synctest.Wait()
		}
		if r := <-w.Done(); r.Value != 2 {
			t.Errorf("got the result of piece %d, want the last one's", r.Value)
		}
	})
}

// A panic of the work is handed back with its stack and ends nothing else.
func TestAPanicIsHandedBack(t *testing.T) {
	w := worker.New[int]()
	w.Start(func() (int, error) { panic("boom") })
	r := <-w.Done()
	if r.Panic == nil || r.Panic.String() != "boom" || len(r.Panic.Stack) == 0 {
		t.Errorf("got %+v, want the panic and its stack", r)
	}
	if w.Busy() {
		t.Error("the worker is free after a panic")
	}
}

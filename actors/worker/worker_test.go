package worker_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"orchestrator-watchdog/actors/worker"
)

// While a function runs, no second one starts.
func TestOneFunctionAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worker.New[int]()
		release := make(chan struct{})
		if !w.Start(func() (int, error) { <-release; return 1, nil }) {
			t.Fatal("the first function did not start")
		}
		if w.Start(func() (int, error) { return 2, nil }) {
			t.Error("a second function started while the first ran")
		}
		close(release)
		if r := <-w.Done(); r.Value != 1 {
			t.Errorf("got the result %d, want the first one's", r.Value)
		}
		if !w.Start(func() (int, error) { return 3, errors.New("no") }) {
			t.Error("the next function did not start after the first returned")
		}
		if r := <-w.Done(); r.Value != 3 || r.Err == nil {
			t.Errorf("got %+v, want the value and the error of the function", r)
		}
	})
}

// Start drops a result that nobody received.
func TestAnUnreceivedResultIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worker.New[int]()
		for i := range 3 {
			if !w.Start(func() (int, error) { return i, nil }) {
				t.Fatalf("function %d did not start", i)
			}
			synctest.Wait()
		}
		if r := <-w.Done(); r.Value != 2 {
			t.Errorf("got the result of function %d, want that of the last", r.Value)
		}
	})
}

// A panic is a result with its stack, and the worker is free again.
func TestAPanicIsAResult(t *testing.T) {
	w := worker.New[int]()
	w.Start(func() (int, error) { panic("boom") })
	r := <-w.Done()
	if r.Panic == nil || r.Panic.String() != "boom" || len(r.Panic.Stack) == 0 {
		t.Errorf("got %+v, want the panic and its stack", r)
	}
	if !w.Start(func() (int, error) { return 1, nil }) {
		t.Error("the worker is busy after a panic")
	}
}

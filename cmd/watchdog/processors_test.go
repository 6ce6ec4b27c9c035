package main

import (
	"slices"
	"testing"
	"time"
)

// A process that has been calm for five looks uses one processor; a busy look gives it all of them at once, for at
// least five looks.
func TestProcessorsFollowTheUse(t *testing.T) {
	var used time.Duration
	var limits []int
	now := time.Now()
	p := &processors{all: 8, used: func() time.Duration { return used }, limit: func(n int) { limits = append(limits, n) }, at: now}
	looks := func(n int, use time.Duration) {
		for range n {
			now, used = now.Add(2*time.Second), used+use
			p.look(now)
		}
	}
	for _, step := range []struct {
		looks int
		use   time.Duration
		want  []int // all limits so far
	}{
		{4, 199 * time.Millisecond, nil},
		{1, 200 * time.Millisecond, nil}, // busy: the count of calm looks begins anew
		{4, 0, nil},
		{1, 0, []int{1}},
		{100, 0, []int{1}},
		{3, time.Second, []int{1, 8}},
		{5, 50 * time.Millisecond, []int{1, 8, 1}},
	} {
		looks(step.looks, step.use)
		if !slices.Equal(limits, step.want) {
			t.Fatalf("after %d looks with %s each, the limits were %v, want %v", step.looks, step.use, limits, step.want)
		}
	}
}

// A look that comes late counts the use per second.
func TestALateLookIsNotBusy(t *testing.T) {
	now := time.Now()
	p := &processors{all: 2, used: func() time.Duration { return time.Second }, limit: func(int) {}, at: now, calm: calmLooks}
	if p.look(now.Add(time.Hour)); p.calm != calmLooks {
		t.Error("a second of use in an hour was busy")
	}
}

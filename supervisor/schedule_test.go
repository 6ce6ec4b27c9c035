package supervisor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
)

// Readings of many probes keep their intervals to 5 %, whether they are fast, take most of their
// interval, or panic, and even if others hang.
func TestManyProbesKeepTheirTimes(t *testing.T) {
	const n, interval = 200, 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		start, forever := time.Now(), make(chan struct{})
		var mu sync.Mutex
		begun := make(map[int][]time.Duration)
		var parts []supervisor.ProbePart
		for i := range n {
			p := part(fmt.Sprint("p", i), func(context.Context) (probe.Reading, error) {
				mu.Lock()
				begun[i] = append(begun[i], time.Since(start))
				mu.Unlock()
				switch i % 10 {
				case 1:
					time.Sleep(9 * time.Second)
				case 2:
					panic("boom")
				case 3:
					<-forever
				}
				return probe.Reading{Observations: []messages.Observation{{Signal: messages.NewKey("dep_down", fmt.Sprint(i))}}}, nil
			})
			p.Interval, p.Deadline = interval, 9500*time.Millisecond
			p.Phase = time.Duration(i) * interval / n
			parts = append(parts, p)
		}
		r := run(parts)
		time.Sleep(2*time.Minute - time.Millisecond)
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		close(forever)
		time.Sleep(9 * time.Second) // the current readings return
		synctest.Wait()
		for i := range n {
			want := 12
			if i%10 == 3 {
				want = 1 // no second reading while the first hangs
			}
			if len(begun[i]) != want {
				t.Errorf("probe %d was read %d times, want %d", i, len(begun[i]), want)
			}
			for j, at := range begun[i] {
				if late := at - parts[i].Phase - time.Duration(j)*interval; late < 0 || late > interval/20 {
					t.Fatalf("reading %d of probe %d was late by %s", j, i, late)
				}
			}
		}
	})
}

package worker

import (
	"sync"
	"sync/atomic"
)

// Each calls f for 0 to n-1, at most atOnce at a time, and returns when all calls have returned.
// After a panic it starts no further call, and panics itself with a *Panic.
func Each(atOnce, n int, f func(i int)) {
	var next atomic.Int64
	var failed atomic.Pointer[Panic]
	var all sync.WaitGroup
	for range min(atOnce, n) {
		all.Go(func() {
			defer func() {
				if p := recovered(recover()); p != nil {
					failed.CompareAndSwap(nil, p)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
	if p := failed.Load(); p != nil {
		panic(p)
	}
}

package main

import (
	"context"
	"maps"
	"os"
	"syscall"
	"time"
)

// lookEvery is how often the files of the settings are looked at (WATCHDOG_RELOAD=auto).
const lookEvery = 10 * time.Second

// A change that was found is looked at again until two looks agree.
const (
	settleEvery = time.Second
	settleLooks = 5
)

// stamp is what changes with a file, on every kind of mount: a file that was replaced has
// another inode. The zero stamp is that of a file that is not there.
type stamp struct {
	device, inode uint64
	size          int64
	modified      time.Time
}

// watchedFiles notices that files changed, by looking at them again and again: events of the
// kernel do not cross every mount.
type watchedFiles struct {
	paths []string
	taken map[string]stamp // as the settings were read last
	last  map[string]stamp // at the last look
}

func watchFiles(paths []string) *watchedFiles {
	w := &watchedFiles{}
	w.follow(paths, nil)
	return w
}

// follow watches these files from now on, as they were before they were read or, where that
// is not known, as they are now.
func (w *watchedFiles) follow(paths []string, before map[string]stamp) {
	w.paths = paths
	w.taken = w.look()
	w.last = maps.Clone(w.taken)
	for path := range w.taken {
		if s, known := before[path]; known {
			w.taken[path] = s
		}
	}
}

// changed tells whether the files are others than when they were taken, and as at the look
// before: one that is still being written is not read.
func (w *watchedFiles) changed() bool {
	now := w.look()
	settled := maps.Equal(now, w.last)
	w.last = now
	return settled && !maps.Equal(now, w.taken)
}

// settled tells whether the files changed, and waits some seconds for one that is still being
// written; the next look finds what takes longer.
func (w *watchedFiles) settled(ctx context.Context) bool {
	for range settleLooks {
		if w.changed() {
			return true
		}
		if maps.Equal(w.last, w.taken) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(settleEvery):
		}
	}
	return false
}

func (w *watchedFiles) look() map[string]stamp {
	stamps := make(map[string]stamp, len(w.paths))
	for _, path := range w.paths {
		info, err := os.Stat(path)
		if err != nil {
			stamps[path] = stamp{}
			continue
		}
		s := stamp{size: info.Size(), modified: info.ModTime()}
		if sys, ok := info.Sys().(*syscall.Stat_t); ok {
			s.device, s.inode = sys.Dev, sys.Ino
		}
		stamps[path] = s
	}
	return stamps
}

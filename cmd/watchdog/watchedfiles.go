package main

import (
	"context"
	"maps"
	"os"
	"syscall"
	"time"
)

// lookEvery is how often the files of the settings are checked (WATCHDOG_RELOAD=auto).
const lookEvery = 10 * time.Second

// After a change the files are checked again until two looks agree.
const (
	settleEvery = time.Second
	settleLooks = 5
)

// stamp identifies the content of a file on every kind of mount: a replaced file has another
// inode. The zero stamp stands for a missing file.
type stamp struct {
	device, inode uint64
	size          int64
	modified      time.Time
}

// watchedFiles detects changed files by polling, because kernel events do not cross every mount.
type watchedFiles struct {
	paths []string
	taken map[string]stamp // when the settings were last read
	last  map[string]stamp // at the last look
}

func watchFiles(paths []string) *watchedFiles {
	w := &watchedFiles{}
	w.follow(paths, nil)
	return w
}

// follow watches these files from now on. A change counts from the stamps in before, which were
// taken before the files were read, or else from now.
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

// changed reports whether the files differ from those that were read and are the same as at the
// last look, so that a file that is still being written is not read.
func (w *watchedFiles) changed() bool {
	now := w.look()
	settled := maps.Equal(now, w.last)
	w.last = now
	return settled && !maps.Equal(now, w.taken)
}

// settled reports whether the files changed. It waits some seconds for a file that is still being
// written; if that takes longer, the next look finds it.
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

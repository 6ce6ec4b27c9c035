package core

import (
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// entry is one signal in the table. It is immutable once it is there.
type entry struct {
	Signal
	last     messages.Observation  // as the probe made it; its Signal is the entry's key
	bad      *messages.Observation // the last one above ok, which alerts and reminders show; nil: none yet
	probe    string                // the probe that observes it and may retire it
	policy   *Policy               // resolved when the signal is first seen or the settings change
	interval time.Duration         // between the readings of its probe; 0: the tick
	seenAt   instant               // inhibitors: the start of the last reading made while anything was unsettled
	// blindSince is since when it lacks data that it should have; zero: it does not.
	blindSince instant
	epoch      uint32 // the State.epoch that its counts belong to
	inhibits   bool   // some rule names it as an inhibitor; resolved with policy
	judged     bool   // it had data once
	gone       bool   // retired, with its recovery pending
	former     bool   // its key is of an earlier version, and was not mapped yet
}

func (e *entry) key() messages.Key { return e.last.Signal }

// lastBad returns the last observation above ok, or the zero Observation.
func (e *entry) lastBad() messages.Observation {
	if e.bad == nil {
		return messages.Observation{}
	}
	return *e.bad
}

// fell keeps an observation as the last one above ok. An equal one keeps its pointer, so that the
// entry stays equal.
func (e *entry) fell(o messages.Observation) {
	if e.bad == nil || *e.bad != o {
		bad := o
		e.bad = &bad
	}
}

const chunkSize = 64

// table is a persistent table of entries. A change copies one chunk of pointers, whatever
// the size of the table. Iteration is in insertion order.
type table struct {
	index     dict
	chunks    []*[chunkSize]*entry
	size      int // slots in use, including holes
	unsettled int // how many entries are unsettled
}

func (t *table) get(key messages.Key) *entry {
	i, ok := t.index.get(string(key))
	if !ok {
		return nil
	}
	return t.chunks[i/chunkSize][i%chunkSize]
}

func (t *table) all(yield func(*entry) bool) {
	for i := range t.size {
		if e := t.chunks[i/chunkSize][i%chunkSize]; e != nil && !yield(e) {
			return
		}
	}
}

// tableEdit edits a table during one Step. It copies each part before its first change, and
// then changes the copy in place.
type tableEdit struct {
	table
	indexed    dictEdit
	ownsChunks bool         // the slice of chunks
	owned      map[int]bool // which chunks
}

func (t *tableEdit) put(e *entry) {
	i, known := t.index.get(string(e.key()))
	if !known {
		i = t.append(e.key())
	}
	chunk := t.ownChunk(i / chunkSize)
	t.countUnsettled(chunk[i%chunkSize], e)
	chunk[i%chunkSize] = e
}

// countUnsettled updates unsettled when one entry replaces another.
func (t *tableEdit) countUnsettled(before, after *entry) {
	if before != nil && before.unsettled() {
		t.unsettled--
	}
	if after != nil && after.unsettled() {
		t.unsettled++
	}
}

func (t *tableEdit) remove(key messages.Key) {
	i, known := t.index.get(string(key))
	if !known {
		return
	}
	t.indexed.remove(&t.index, string(key))
	chunk := t.ownChunk(i / chunkSize)
	t.countUnsettled(chunk[i%chunkSize], nil)
	chunk[i%chunkSize] = nil
	// Compact once most slots are holes, so that containers that come and go for months do
	// not fill the memory.
	if t.size >= 2*chunkSize && t.index.size < t.size/2 {
		t.compact()
	}
}

func (t *tableEdit) append(key messages.Key) int {
	i := t.size
	t.indexed.set(&t.index, string(key), i)
	t.size++
	if i/chunkSize == len(t.chunks) {
		t.ownSlice()
		t.chunks = append(t.chunks, new([chunkSize]*entry))
		t.markOwned(len(t.chunks) - 1)
	}
	return i
}

func (t *tableEdit) compact() {
	fresh := tableEdit{}
	t.all(func(e *entry) bool {
		fresh.put(e)
		return true
	})
	*t = fresh
}

func (t *tableEdit) ownSlice() {
	if !t.ownsChunks {
		t.chunks, t.ownsChunks = slices.Clone(t.chunks), true
	}
}

func (t *tableEdit) ownChunk(c int) *[chunkSize]*entry {
	if !t.owned[c] {
		t.ownSlice()
		copied := *t.chunks[c]
		t.chunks[c] = &copied
		t.markOwned(c)
	}
	return t.chunks[c]
}

func (t *tableEdit) markOwned(c int) {
	if t.owned == nil {
		t.owned = make(map[int]bool)
	}
	t.owned[c] = true
}

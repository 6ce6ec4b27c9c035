package core

import (
	"maps"
	"slices"
	"time"

	"orchestrator-watchdog/messages"
)

// entry is all that is known of one signal. It is never changed once it is in a table.
type entry struct {
	Signal
	key      messages.Key
	last     messages.Observation  // as the probe made it
	bad      *messages.Observation // the last one above ok: what an alert and its reminders show; nil: none yet
	probe    string                // who observes it: who may retire it
	policy   *Policy               // resolved when the signal is first seen or the settings change
	interval time.Duration         // between the readings of its probe; 0: the tick
	seenAt   time.Time             // inhibitors: the start of the last reading made while anything was unsettled
	// blindSince is since when it has none that it should have; zero: it has.
	blindSince time.Time
	epoch      uint32 // the run of our own that its counts belong to
	inhibits   bool   // resolved with policy: some rule names it as one that inhibits others
	judged     bool   // it had data once
	gone       bool   // retired, with its recovery still to be told
	former     bool   // its key is of an earlier version, and was not mapped yet
}

// lastBad is the last observation above ok; the zero one where there was none.
func (e *entry) lastBad() messages.Observation {
	if e.bad == nil {
		return messages.Observation{}
	}
	return *e.bad
}

// fell keeps the last observation as the last one above ok. One that says the same as the one
// before stays the same value, so that the entry does not change.
func (e *entry) fell() {
	if bad := e.last; e.bad == nil || *e.bad != bad {
		e.bad = &bad
	}
}

const chunkSize = 64

// table is a persistent table of entries: a change copies one chunk of pointers,
// whatever the table's size; a new or removed key copies the index too. Iteration
// is in the order of arrival.
type table struct {
	index  map[messages.Key]int
	chunks []*[chunkSize]*entry
	size   int // slots in use, holes included
	// unsettled is how many entries have something to tell, or may soon.
	unsettled int
}

func (t *table) get(key messages.Key) *entry {
	i, ok := t.index[key]
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

// tableEdit changes a copy of a table for the length of one Step: it owns each
// part that it copied, and changes that in place.
type tableEdit struct {
	table
	ownsIndex  bool
	ownsChunks bool         // the slice of chunks
	owned      map[int]bool // which chunks
}

func (t *tableEdit) put(e *entry) {
	i, known := t.index[e.key]
	if !known {
		i = t.append(e.key)
	}
	chunk := t.ownChunk(i / chunkSize)
	t.account(chunk[i%chunkSize], e)
	chunk[i%chunkSize] = e
}

// account keeps the number of unsettled entries when one takes the place of another.
func (t *tableEdit) account(before, after *entry) {
	if before != nil && before.unsettled() {
		t.unsettled--
	}
	if after != nil && after.unsettled() {
		t.unsettled++
	}
}

func (t *tableEdit) remove(key messages.Key) {
	i, known := t.index[key]
	if !known {
		return
	}
	t.ownIndex()
	delete(t.index, key)
	chunk := t.ownChunk(i / chunkSize)
	t.account(chunk[i%chunkSize], nil)
	chunk[i%chunkSize] = nil
	// Holes are closed when they are the greater part, so that memory follows the
	// number of signals also where containers come and go for months.
	if t.size >= 2*chunkSize && len(t.index) < t.size/2 {
		t.compact()
	}
}

func (t *tableEdit) append(key messages.Key) int {
	t.ownIndex()
	i := t.size
	t.index[key] = i
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

func (t *tableEdit) ownIndex() {
	if t.ownsIndex {
		return
	}
	t.index, t.ownsIndex = maps.Clone(t.index), true
	if t.index == nil {
		t.index = make(map[messages.Key]int)
	}
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

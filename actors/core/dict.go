package core

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// dictBuckets is a number at which few names share a bucket and few buckets are empty, for the
// tens to ten thousands of signals that there may be.
const dictBuckets = 64

// dict is a persistent map from names to numbers. A change copies one bucket and the list of buckets,
// while a Go map would have to be copied as a whole: with thousands of signals at the start, each
// first report adds a name.
type dict struct {
	buckets []bucket // none or dictBuckets
	size    int
}

// bucket is sorted by name.
type bucket []item

type item struct {
	name   string
	number int
}

var dictSeed = maphash.MakeSeed()

func bucketOf(name string) int { return int(maphash.String(dictSeed, name) % dictBuckets) }

func (b bucket) find(name string) (int, bool) {
	return slices.BinarySearchFunc(b, name, func(i item, name string) int { return cmp.Compare(i.name, name) })
}

func (d *dict) get(name string) (number int, ok bool) {
	if d.size == 0 {
		return 0, false
	}
	b := d.buckets[bucketOf(name)]
	i, ok := b.find(name)
	if !ok {
		return 0, false
	}
	return b[i].number, true
}

// dictEdit edits a dict during one Step. It copies each part before its first change, and then
// changes the copy in place.
type dictEdit struct {
	owns  bool // the list of buckets
	owned [dictBuckets]bool
}

func (e *dictEdit) set(d *dict, name string, number int) {
	b := e.own(d, bucketOf(name), 1)
	i, known := b.find(name)
	if known {
		(*b)[i].number = number
		return
	}
	*b = slices.Insert(*b, i, item{name, number})
	d.size++
}

// add adds to the number of a name, which is 0 for an unknown one. A name whose number becomes 0
// is removed.
func (e *dictEdit) add(d *dict, name string, more int) {
	number, _ := d.get(name)
	if number += more; number == 0 {
		e.remove(d, name)
		return
	}
	e.set(d, name, number)
}

func (e *dictEdit) remove(d *dict, name string) {
	if _, known := d.get(name); !known {
		return
	}
	b := e.own(d, bucketOf(name), 0)
	i, _ := b.find(name)
	*b = slices.Delete(*b, i, i+1)
	d.size--
}

// own returns a bucket that may be changed, with room for more items.
func (e *dictEdit) own(d *dict, n, more int) *bucket {
	if !e.owns {
		buckets := make([]bucket, dictBuckets)
		copy(buckets, d.buckets)
		d.buckets, e.owns = buckets, true
	}
	b := &d.buckets[n]
	if !e.owned[n] {
		*b, e.owned[n] = append(make(bucket, 0, len(*b)+more), *b...), true
	}
	return b
}

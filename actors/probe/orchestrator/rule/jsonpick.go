package rule

import (
	"bytes"
	"math"
	"strconv"

	"orchestrator-watchdog/actors/probe/jsonscan"
)

// picker finds the values of many paths in one pass over a JSON document, without decoding the
// rest. It is a tree of the steps of those paths.
type picker struct {
	next map[string]*picker
	slot int // slot of the path that ends here; -1: none
}

func newPicker() *picker { return &picker{slot: -1} }

// add adds a path, and returns the slot of its value: the given one, or that of the same path if
// it was added before.
func (p *picker) add(path []string, slot int) int {
	for _, step := range path {
		if p.next == nil {
			p.next = make(map[string]*picker)
		}
		if p.next[step] == nil {
			p.next[step] = newPicker()
		}
		p = p.next[step]
	}
	if p.slot < 0 {
		p.slot = slot
	}
	return p.slot
}

// pick fills the slots from the value that begins at i in a valid document, and returns the end of
// that value.
func (p *picker) pick(doc []byte, i int, slots []Value) int {
	if p.slot >= 0 {
		end := jsonscan.Value(doc, i)
		slots[p.slot] = scalar(doc[i:end])
		if p.next == nil {
			return end
		}
	}
	switch {
	case p.next == nil:
		return jsonscan.Value(doc, i)
	case doc[i] == '{':
		return p.pickObject(doc, i, slots)
	case doc[i] == '[':
		return p.pickList(doc, i, slots)
	}
	end := jsonscan.Value(doc, i)
	if is := scalar(doc[i:end]); is.kind != kindMissing { // null counts as missing
		for _, next := range p.next {
			next.markBlocked(slots, is.kind.String())
		}
	}
	return end
}

// markBlocked marks all values from here on as missing because their path leads through a value of the
// kind above.
func (p *picker) markBlocked(slots []Value, above string) {
	if p.slot >= 0 {
		slots[p.slot] = Value{above: above}
	}
	for _, next := range p.next {
		next.markBlocked(slots, above)
	}
}

func (p *picker) pickObject(doc []byte, i int, slots []Value) int {
	var seen map[*picker]bool
	for i = jsonscan.Space(doc, i+1); doc[i] != '}'; {
		end := jsonscan.String(doc, i)
		next := p.child(doc[i:end])
		i = jsonscan.Space(doc, jsonscan.Space(doc, end)+1) // after the colon
		if next == nil {
			i = jsonscan.Value(doc, i)
		} else {
			if seen == nil {
				seen = make(map[*picker]bool, len(p.next))
			}
			i = next.pick(doc, i, slots)
			if seen[next] {
				next.markRepeated(slots)
			}
			seen[next] = true
		}
		if i = jsonscan.Space(doc, i); doc[i] == ',' {
			i = jsonscan.Space(doc, i+1)
		}
	}
	return i + 1
}

func (p *picker) pickList(doc []byte, i int, slots []Value) int {
	for step, next := range p.next {
		if !isIndex(step) {
			next.markBlocked(slots, "a list")
		}
	}
	i = jsonscan.Space(doc, i+1)
	var digits [20]byte
	for index := int64(0); doc[i] != ']'; index++ {
		if next := p.next[string(strconv.AppendInt(digits[:0], index, 10))]; next != nil {
			i = next.pick(doc, i, slots)
		} else {
			i = jsonscan.Value(doc, i)
		}
		if i = jsonscan.Space(doc, i); doc[i] == ',' {
			i = jsonscan.Space(doc, i+1)
		}
	}
	return i + 1
}

// markRepeated marks all values from here on as ambiguous because of a repeated key.
func (p *picker) markRepeated(slots []Value) {
	if p.slot >= 0 {
		slots[p.slot] = Value{kind: kindContainer, problem: "is in the envelope twice, or below a key that is"}
	}
	for _, next := range p.next {
		next.markRepeated(slots)
	}
}

// child returns the subtree of a quoted key; nil if no path has the key.
func (p *picker) child(quoted []byte) *picker {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return p.next[string(quoted[1:len(quoted)-1])]
	}
	return p.next[jsonscan.Text(quoted)]
}

// scalar decodes a value, but not the content of an object or list.
func scalar(raw []byte) Value {
	switch raw[0] {
	case '"':
		return Value{kind: kindText, text: jsonscan.Text(raw)}
	case 't':
		return Value{kind: kindBoolean, number: 1}
	case 'f':
		return Value{kind: kindBoolean}
	case 'n':
		return Value{}
	case '{', '[':
		return Value{kind: kindContainer}
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(n, 0) {
		return Value{kind: kindNumber, problem: "is too large a number: " + shortened(string(raw), 40)}
	}
	return numeric(n)
}

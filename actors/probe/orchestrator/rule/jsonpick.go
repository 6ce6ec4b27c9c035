package rule

import (
	"bytes"
	"math"
	"strconv"

	"orchestrator-watchdog/actors/probe/jsonscan"
)

// picker finds the values of many paths in one pass over a JSON document, and
// keeps nothing else of it. It is a tree of the steps of those paths.
type picker struct {
	next map[string]*picker
	slot int // which path ends here; -1: none
}

func newPicker() *picker { return &picker{slot: -1} }

// add gives the slot where the value of the path will stand, a new one or that of
// the same path added before.
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

// pick fills the slots from a valid document whose value begins at i, and gives where it ends.
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
	if is := scalar(doc[i:end]); is.kind != noValue { // null is as good as missing
		for _, next := range p.next {
			next.block(slots, is.kind.String())
		}
	}
	return end
}

// block says of all values from here on what stands where their path would go on.
func (p *picker) block(slots []Value, above string) {
	if p.slot >= 0 {
		slots[p.slot] = Value{above: above}
	}
	for _, next := range p.next {
		next.block(slots, above)
	}
}

func (p *picker) pickObject(doc []byte, i int, slots []Value) int {
	var seen map[*picker]bool
	for i = jsonscan.Space(doc, i+1); doc[i] != '}'; {
		end := jsonscan.String(doc, i)
		next := p.child(doc[i:end])
		i = jsonscan.Space(doc, jsonscan.Space(doc, end)+1) // behind the colon
		if next == nil {
			i = jsonscan.Value(doc, i)
		} else {
			if seen == nil {
				seen = make(map[*picker]bool, len(p.next))
			}
			i = next.pick(doc, i, slots)
			if seen[next] {
				next.spoil(slots)
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
			next.block(slots, "a list")
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

// spoil says of all values below a key that stands twice that none of them is known.
func (p *picker) spoil(slots []Value) {
	if p.slot >= 0 {
		slots[p.slot] = Value{kind: aContainer, problem: "stands twice in the envelope, or below a key that does"}
	}
	for _, next := range p.next {
		next.spoil(slots)
	}
}

// child gives the step that a key stands for, if any path has it.
func (p *picker) child(quoted []byte) *picker {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return p.next[string(quoted[1:len(quoted)-1])]
	}
	return p.next[jsonscan.Text(quoted)]
}

// scalar decodes a value.
func scalar(raw []byte) Value {
	switch raw[0] {
	case '"':
		return Value{kind: aText, text: jsonscan.Text(raw)}
	case 't':
		return Value{kind: aBoolean, number: 1}
	case 'f':
		return Value{kind: aBoolean}
	case 'n':
		return Value{}
	case '{', '[':
		return Value{kind: aContainer}
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(n, 0) {
		return Value{kind: aNumber, problem: "is too large a number: " + shortened(string(raw), 40)}
	}
	return numeric(n)
}

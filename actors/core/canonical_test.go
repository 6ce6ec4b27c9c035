package core

import (
	"hash/maphash"
	"reflect"
	"time"

	"orchestrator-watchdog/messages"
)

// look is what a pair looks like to whatever comes next: two that look alike go on alike. A
// field counts unless it is named here. Times count as ages, up to where older ones are alike.
func (p pair) look(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	l := looker{hash: &h, now: p.at}
	a, b := p.core.signals.get("a"), p.core.signals.get("b")
	for _, e := range []*entry{a, b} {
		l.entry(e)
	}
	if a != nil && b != nil { // rule 5 compares them, and asks for nothing else
		l.flag(b.seenAt.Before(a.BadSince))
	}
	ch := p.core.channels[0]
	for _, of := range []map[messages.Key]messages.Notification{ch.pending, ch.told} {
		n := of["a"]
		l.number(int64(n.News))
		l.number(int64(n.Level))
		l.flag(n.Flaps)
	}
	l.flag(len(p.core.silences) > 0) // it lasts for longer than any sequence
	view := p.plain.matters()
	l.value(reflect.ValueOf(&view).Elem())
	return h.Sum64()
}

// looker writes values into a hash.
type looker struct {
	hash *maphash.Hash
	now  time.Time
}

func (l looker) number(n int64) { maphash.WriteComparable(l.hash, n) }

func (l looker) flag(is bool) { maphash.WriteComparable(l.hash, is) }

func (l looker) age(at time.Time, alike time.Duration) {
	if at.IsZero() {
		l.number(-1)
		return
	}
	l.number(int64(min(l.now.Sub(at), alike)))
}

// unread are the fields of an entry that nothing depends on which is compared, with why.
var unread = map[string]string{
	"key": "the same", "probe": "the same", "policy": "the same", "interval": "the same", "inhibits": "the same", "epoch": "there are no gaps",
	"last": "its level is Seen", "bad": "of the text", "Held": "of the log", "Worst": "of the text", "FlapWorst": "of the text", "FlapChanges": "of the text",
	"judged": "of watchdog_blind", "blindSince": "of watchdog_blind",
	"seenAt": "compared with BadSince, as above", "BadSince": "as above", "Since": "of the text",
}

var flappingOnly = map[string]bool{
	"Calm": true, "CalmAt": true, "GapEnd": true, "hardenings": true, "alternations": true, "Steady": true, "Bad": true,
}

func (l looker) entry(e *entry) {
	if e == nil {
		l.number(-3)
		return
	}
	l.entryFields(reflect.ValueOf(e).Elem(), e)
}

func (l looker) entryFields(v reflect.Value, e *entry) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case name == "Signal":
			l.entryFields(f, e)
		case unread[name] != "" || flappingOnly[name] && e.policy.Flapping.Changes == 0:
		case name == "Trouble":
			l.flag(e.Trouble != 0)
		case name == "ToldAt":
			if e.Announced != messages.OK {
				l.age(e.ToldAt, e.policy.Cooldown)
			}
		case name == "hardenings" && e.hardenings != nil:
			for _, at := range e.hardenings.at {
				if at != 0 {
					l.age(time.Unix(0, at), e.policy.Flapping.Within+1)
				}
			}
		case name == "alternations" && e.alternations != nil: // ten of them take longer than any sequence
			for i, at := range e.alternations.at {
				if at != 0 {
					l.number(int64(e.alternations.gap[i]))
				}
			}
		case name == "Calm":
			l.number(int64(min(e.Calm, e.policy.Flapping.Settle)))
		case name == "ack":
			if e.ack != nil {
				l.age(e.ack.at, e.policy.AckExpires)
				l.flag(e.ack.flaps)
			}
			l.flag(e.ack != nil)
		default:
			l.value(f)
		}
	}
}

func (l looker) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		l.flag(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		l.number(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		l.number(int64(v.Uint()))
	case reflect.String:
		l.hash.WriteString(v.String())
		l.number(-2)
	case reflect.Pointer:
		l.flag(v.IsNil())
		if !v.IsNil() {
			l.value(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		l.number(int64(v.Len()))
		for i := range v.Len() {
			l.value(v.Index(i))
		}
	case reflect.Struct:
		switch v.Type() {
		case reflect.TypeFor[time.Time]():
			l.age(*(*time.Time)(v.Addr().UnsafePointer()), longAgo)
		default:
			for i := range v.NumField() {
				l.value(v.Field(i))
			}
		}
	default:
		panic("a " + v.Kind().String() + " has no look")
	}
}

package core

import (
	"hash/maphash"
	"reflect"
	"time"

	"orchestrator-watchdog/messages"
)

// fingerprint hashes what the future of a pair depends on: pairs with the same fingerprint behave
// the same. It includes all fields of an entry but those listed here. Times count as ages, capped
// where a greater age makes no difference.
func (p pair) fingerprint(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	l := hasher{hash: &h, now: p.at}
	a, b := p.core.signals.get("a"), p.core.signals.get("b")
	for _, e := range []*entry{a, b} {
		l.entry(e)
	}
	if a != nil && b != nil { // rule 5 only compares the two times
		l.flag(b.seenAt < a.BadSince)
	}
	ch := p.core.channels[0]
	for _, of := range []map[messages.Key]messages.Notification{ch.pending, ch.told} {
		n := of["a"]
		l.number(int64(n.News))
		l.number(int64(n.Level))
		l.flag(n.Flaps)
	}
	l.flag(len(p.core.silences) > 0) // a silence lasts longer than any sequence
	view := p.plain.matters()
	l.value(reflect.ValueOf(&view).Elem())
	return h.Sum64()
}

// hasher writes values into a hash.
type hasher struct {
	hash *maphash.Hash
	now  time.Time
}

func (l hasher) number(n int64) { maphash.WriteComparable(l.hash, n) }

func (l hasher) flag(is bool) { maphash.WriteComparable(l.hash, is) }

// age hashes the age of a time, at most limit.
func (l hasher) age(at time.Time, limit time.Duration) {
	if at.IsZero() {
		l.number(-1)
		return
	}
	l.number(int64(min(l.now.Sub(at), limit)))
}

// ignored are the fields of an entry that the compared behavior does not depend on, with why.
var ignored = map[string]string{
	"key": "constant", "probe": "constant", "policy": "constant", "interval": "constant", "inhibits": "constant", "epoch": "there are no gaps",
	"last": "its level is Seen", "bad": "only text", "Held": "only for the log", "Worst": "only text", "FlapWorst": "only text", "FlapChanges": "only text",
	"judged": "only for watchdog_blind", "blindSince": "only for watchdog_blind",
	"seenAt": "compared with BadSince in fingerprint", "BadSince": "compared with seenAt in fingerprint", "Since": "only text",
}

// flappingOnly are fields that only a policy with flapping reads.
var flappingOnly = map[string]bool{
	"Calm": true, "CalmAt": true, "GapEnd": true, "hardenings": true, "alternations": true, "Steady": true, "Bad": true,
}

func (l hasher) entry(e *entry) {
	if e == nil {
		l.number(-3)
		return
	}
	l.entryFields(reflect.ValueOf(e).Elem(), e)
}

func (l hasher) entryFields(v reflect.Value, e *entry) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case name == "Signal":
			l.entryFields(f, e)
		case ignored[name] != "" || flappingOnly[name] && e.policy.Flapping.Changes == 0:
		case name == "Trouble":
			l.flag(e.Trouble != 0)
		case name == "ToldAt":
			if e.Announced != messages.OK {
				l.age(e.ToldAt.time(), e.policy.Cooldown)
			}
		case name == "hardenings" && e.hardenings != nil:
			for _, at := range e.hardenings.at {
				if at != 0 {
					l.age(time.Unix(0, at), e.policy.Flapping.Within+1)
				}
			}
		case name == "alternations" && e.alternations != nil: // flapAlternations take longer than any sequence
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

func (l hasher) value(v reflect.Value) {
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
		panic("no hash for a " + v.Kind().String())
	}
}

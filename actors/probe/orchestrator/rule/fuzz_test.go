package rule

import (
	"encoding/json"
	"strings"
	"testing"
)

// A valid comparison parses back from its text, and is true of exactly the values of which its
// opposite is false.
func FuzzComparison(f *testing.F) {
	for _, s := range []string{"> 900", "<= 15m", `!= "a b"`, "== true", ">2026-01-01T00:00:00Z", ">= -1e3", "< 14d", "= 1", "> NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseComparison(s)
		if err != nil {
			return
		}
		again, err := parseComparison(c.String())
		if err != nil || *again != *c {
			t.Fatalf("%q reads back as %v (%v)", s, again, err)
		}
		opposite := map[string]string{">": "<=", ">=": "<", "==": "!=", "<": ">=", "<=": ">", "!=": "=="}[c.op]
		if not := (comparison{opposite, c.operand}); c.overlap(not) || c.excess(*c) || c.holds(Value{number: 1}) == not.holds(Value{number: 1}) {
			t.Fatalf("%s and %s agree", c, not)
		}
	})
}

// A valid rule has all its parts, and its while condition parses back from its text.
func FuzzRule(f *testing.F) {
	f.Add("queue.depth", "> 900", "< 600", "> 1800", "jobs.running > 0", "15m")
	f.Add(`p{a="b>c"}`, "== 0", "", "", `"x>=y".z != "a b"`, "7d")
	f.Add("a", "", "", "", "<", "1ns")
	f.Fuzz(func(t *testing.T, field, raise, clearAt, critical, while, over string) {
		for _, of := range []string{"", "increase", "rate", "age", "absent"} {
			r, err := Parse(Spec{Name: "r", Field: field, Of: of, Over: over, Raise: raise, Clear: clearAt, RaiseCritical: critical, While: while})
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r") {
					t.Fatalf("%q is more than one line", err)
				}
				continue
			}
			if r.raise.op == "" || r.over < 0 || r.over > maxOver || (r.while == nil) != (while == "") {
				t.Fatalf("%+v", r)
			}
			if r.while == nil {
				continue
			}
			again, err := Parse(Spec{Name: "r", Field: "a", Raise: "> 1", While: r.while.String()})
			if err != nil || again.while.String() != r.while.String() {
				t.Fatalf("%q reads back as %v (%v)", r.while, again.while, err)
			}
		}
	})
}

// A valid path finds its value, whatever its keys are.
func FuzzField(f *testing.F) {
	for _, s := range []string{"a", "a.0.b", `queues."mail.high".depth`, `p{a="b",c="d"}`, `{"x.y",a="b"}`, "a[0][1].b", "a..b", `"\u00e4"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseField(s)
		if err != nil {
			return
		}
		if parsed.path == nil {
			if parsed.sample == nil || parsed.sample.name == "" {
				t.Fatalf("%q names nothing", s)
			}
			return
		}
		doc := []byte("7")
		for i := len(parsed.path) - 1; i >= 0; i-- {
			k, err := json.Marshal(parsed.path[i])
			if err != nil {
				t.Fatal(err)
			}
			doc = []byte(`{"other":[1,{"x":"}"}], ` + string(k) + ` : ` + string(doc) + `}`)
		}
		if strings.Contains(s, "other") || strings.ContainsRune(s, '\ufffd') || !json.Valid(doc) || hasInvalid(parsed.path) {
			return
		}
		p, slots := newPicker(), make([]Value, 1)
		p.add(parsed.path, 0)
		if p.pick(doc, 0, slots); slots[0].number != 7 {
			t.Fatalf("%q is not found in %s: %v", s, doc, slots[0])
		}
	})
}

// hasInvalid reports whether an unquoted step is not UTF-8: JSON has no such key.
func hasInvalid(path []string) bool {
	for _, step := range path {
		if strings.ToValidUTF8(step, "") != step || strings.ContainsRune(step, '\ufffd') {
			return true
		}
	}
	return false
}

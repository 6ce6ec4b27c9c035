package rule

import (
	"strings"
	"testing"
)

// The error of a wrong rule names the wrong key and says what to fix.
func TestWrongRulesSayWhatToFix(t *testing.T) {
	for _, c := range []struct {
		name string
		spec Spec
		want string
	}{
		{"no name", Spec{Field: "a", Raise: "> 1"}, "name: it is empty"},
		{"a space in the name", Spec{Name: "a b", Field: "a", Raise: "> 1"}, "name: it is empty, longer than 100 bytes, or contains spaces"},
		{"no field", Spec{Name: "r", Raise: "> 1"}, "field: it is empty"},
		{"an empty step", Spec{Name: "r", Field: "a..b", Raise: "> 1"}, "field: a step of the path is empty"},
		{"a dot at the end", Spec{Name: "r", Field: "a.", Raise: "> 1"}, "field: a step of the path is empty"},
		{"no index", Spec{Name: "r", Field: "a[x]", Raise: "> 1"}, `field: "[x]" is not a list index`},
		{"an open quote", Spec{Name: "r", Field: `a."b`, Raise: "> 1"}, "is not a text in double quotes"},
		{"too many steps", Spec{Name: "r", Field: strings.Repeat("a.", 40) + "a", Raise: "> 1"}, "more than 32 steps"},
		{"an open brace", Spec{Name: "r", Field: `a{b="c"`, Raise: "> 1"}, "labels end without }"},
		{"a label without quotes", Spec{Name: "r", Field: `a{b=c}`, Raise: "> 1"}, "is not a text in double quotes"},
		{"a pattern", Spec{Name: "r", Field: `a{b=~"c"}`, Raise: "> 1"}, "is not a text in double quotes"},
		{"a label twice", Spec{Name: "r", Field: `a{b="c",b="d"}`, Raise: "> 1"}, "the label b is set twice"},
		{"no metric", Spec{Name: "r", Field: `{b="c"}`, Raise: "> 1"}, "names no metric"},
		{"text after the labels", Spec{Name: "r", Field: `a{} > 1`, Raise: "> 1"}, "its labels are followed by"},
		{"no raise", Spec{Name: "r", Field: "a"}, "raise: it is missing"},
		{"no operator", Spec{Name: "r", Field: "a", Raise: "900"}, `raise: "900" is not a comparison: write >`},
		{"one =", Spec{Name: "r", Field: "a", Raise: "= 900"}, "is not a comparison"},
		{"no operand", Spec{Name: "r", Field: "a", Raise: ">"}, "nothing to compare with"},
		{"a bare word", Spec{Name: "r", Field: "a", Raise: "== idle"}, "text in double quotes"},
		{"not a number", Spec{Name: "r", Field: "a", Raise: "> NaN"}, "is not a number"},
		{"more than a text", Spec{Name: "r", Field: "a", Raise: `> "b"`}, "only be compared with == or !="},
		{"more than a boolean", Spec{Name: "r", Field: "a", Raise: "> true"}, "only be compared with == or !="},
		{"unknown quantity", Spec{Name: "r", Field: "a", Of: "delta", Raise: "> 1"}, `of: "delta" is none of`},
		{"no window", Spec{Name: "r", Field: "a", Of: "rate", Raise: "> 1"}, "over: of: rate needs a window"},
		{"a useless window", Spec{Name: "r", Field: "a", Over: "5m", Raise: "> 1"}, "over: of: value has no window"},
		{"no duration", Spec{Name: "r", Field: "a", Of: "rate", Over: "5", Raise: "> 1"}, `over: "5" is not a duration`},
		{"a negative window", Spec{Name: "r", Field: "a", Of: "rate", Over: "-5m", Raise: "> 1"}, "not between"},
		{"a window too long", Spec{Name: "r", Field: "a", Of: "rate", Over: "8d", Raise: "> 1"}, "not between"},
		{"severity", Spec{Name: "r", Field: "a", Raise: "> 1", Severity: "high"}, "severity: \"high\" is neither"},
		{"critical twice", Spec{Name: "r", Field: "a", Raise: "> 1", RaiseCritical: "> 2", Severity: "critical"}, "severity: raise would be critical already"},
		{"clear within raise", Spec{Name: "r", Field: "a", Raise: "> 900", Clear: "< 1000"}, "can both hold"},
		{"clear like raise", Spec{Name: "r", Field: "a", Raise: "> 900", Clear: "> 100"}, "can both hold"},
		{"clear at the edge", Spec{Name: "r", Field: "a", Raise: ">= 900", Clear: "<= 900"}, "can both hold"},
		{"clear of another type", Spec{Name: "r", Field: "a", Raise: "> 15m", Clear: "< 600"}, `"< 600" compares with a number, and raise: "> 15m" with a duration`},
		{"critical before warning", Spec{Name: "r", Field: "a", Raise: "> 900", RaiseCritical: "> 800"}, "can hold where raise"},
		{"absent as a number", Spec{Name: "r", Field: "a", Of: "absent", Raise: "> 1"}, "absent is true or false"},
		{"increase as a boolean", Spec{Name: "r", Field: "a", Of: "increase", Over: "5m", Raise: "== true"}, "increase is a number"},
		{"age as text", Spec{Name: "r", Field: "a", Of: "age", Raise: `== "old"`}, "an age is a duration"},
		{"a sample as text", Spec{Name: "r", Field: `a{b="c"}`, Raise: `== "old"`}, "never a text"},
		{"while without a comparison", Spec{Name: "r", Field: "a", Raise: "> 1", While: "queue.depth"}, "while: \"queue.depth\" is not a condition"},
		{"while without a field", Spec{Name: "r", Field: "a", Raise: "> 1", While: "> 1"}, "while: its field: it is empty"},
		{"control characters", Spec{Name: "r", Field: "a\x00", Raise: "> 1"}, "control characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// One error names all wrong keys.
func TestAnErrorNamesEveryWrongKey(t *testing.T) {
	_, err := Parse(Spec{Name: "r", Field: "a..b", Of: "sum", Severity: "high", Raise: "> 1", While: "x"})
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
	for _, want := range []string{`rule "r": field:`, "of:", "severity:", "while:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// The field of a while condition may contain operators in quotes and braces.
func TestWhileFindsItsOperator(t *testing.T) {
	for _, s := range []string{`pool{name="a>b"} >= 1`, `"a>=b".c == "x"`, `up==0`} {
		if _, err := Parse(Spec{Name: "r", Field: "a", Raise: "> 1", While: s}); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

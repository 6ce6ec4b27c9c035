package button

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// The data of a button decodes to what was encoded, matches only its own signal, and fits.
func TestPropertyAButtonNamesItsTrouble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trouble := messages.Trouble{Signal: messages.Key(rapid.String().Draw(t, "key")), Began: rapid.Int64Range(1, 1<<62).Draw(t, "began")}
		do := rapid.SampledFrom([]Action{Ack, Silence, Why}).Draw(t, "do")
		data := Data(do, trouble)
		p, ok := Parse(data)
		if !ok || len(data) > maxData || p.Action != do || p.Began != trouble.Began || !p.IsAbout(trouble.Signal) || p.IsAbout(trouble.Signal+"x") {
			t.Fatalf("%q: %+v, %t", data, p, ok)
		}
	})
}

// Parse accepts no data that Data would write differently.
func FuzzParse(f *testing.F) {
	f.Add(Data(Ack, messages.Trouble{Signal: "dep_down:db", Began: 1}))
	f.Add(Inert)
	f.Add("1a" + strings.Repeat("A", 16) + "-1")
	f.Fuzz(func(t *testing.T, data string) {
		if p, ok := Parse(data); ok && string(p.Action)+p.hash+data[2+hashLength:] != data {
			t.Errorf("%q: %+v", data, p)
		}
	})
}

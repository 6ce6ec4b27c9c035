package check

import (
	"bytes"
	"encoding/json"

	"orchestrator-watchdog/messages"
)

// signalJSON is a finding for scripts. Fields may be added, but are never renamed or removed.
type signalJSON struct {
	Key       messages.Key   `json:"key"`
	Level     messages.Level `json:"level"`
	Value     *float64       `json:"value"` // null: there is none
	Threshold string         `json:"threshold"`
	Detail    string         `json:"detail"`
	Needs     string         `json:"needs,omitempty"` // the window that one pass can't fill; the level is unknown then, but counts as well
}

func (f *Finding) json() signalJSON {
	s := signalJSON{Key: f.Signal, Level: f.Level, Threshold: f.Threshold, Detail: f.Detail}
	if n, ok := f.number(); ok {
		s.Value = &n
	}
	if f.Pending() && f.Needs > 0 {
		s.Needs = f.Needs.String()
	}
	return s
}

// JSON returns the result for scripts as one object.
func (r *Result) JSON() string {
	document := struct {
		OK      bool         `json:"ok"` // true if the exit code is 0
		Signals []signalJSON `json:"signals"`
		Notes   []string     `json:"notes"`
	}{r.Well(), []signalJSON{}, []string{}}
	for _, n := range r.Notes {
		document.Notes = append(document.Notes, n.Text)
	}
	for i := range r.Findings {
		document.Signals = append(document.Signals, r.Findings[i].json())
	}
	return encoded(document)
}

func encoded(document any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // thresholds contain < and >
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(document) // can't fail: text, levels and finite numbers
	return b.String()
}

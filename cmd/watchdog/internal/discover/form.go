package discover

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// sample is a line of Prometheus text with a value.
var sample = regexp.MustCompile(`(?m)^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^\n]*\})? +[-+0-9.eENaIif]+`)

// Form reports whether an answer of /metrics is an envelope or Prometheus text, by its beginning.
func Form(body []byte) (envelope, text bool) {
	body = bytes.TrimLeft(body, "\ufeff \t\r\n")
	if !bytes.HasPrefix(body, []byte("{")) {
		return false, sample.Match(body)
	}
	var head struct {
		SchemaVersion int `json:"schema_version"`
	}
	return json.Unmarshal(body, &head) == nil && head.SchemaVersion >= 1, false
}

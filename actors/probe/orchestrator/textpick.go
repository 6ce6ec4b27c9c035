package orchestrator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// chunkBytes is how much text is parsed at a time, so that memory is bounded by it and
// not by the answer: a parsed sample takes a hundred times the room of a short line.
const chunkBytes = 64 << 10

// sampler finds the values of many selectors in Prometheus text.
type sampler struct {
	byName map[string][]wanted
}

// wanted is a selector and where its value goes.
type wanted struct {
	*selector
	slot int
}

// match is what was found for one slot.
type match struct {
	exact, partly int // samples with just these labels; with others besides
	exactly       float64
	some          float64
	labels        [2]string // of the first two that fit partly
}

func newSampler() *sampler { return &sampler{byName: make(map[string][]wanted)} }

func (s *sampler) add(sel *selector, slot int) {
	s.byName[sel.name] = append(s.byName[sel.name], wanted{sel, slot})
}

// pick fills the slots from a text. Its error says where it is no Prometheus text.
func (s *sampler) pick(body []byte, openMetrics bool, slots []value) error {
	found := make([]match, len(slots))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	samples := 0
	for line := 1; len(body) > 0; {
		var chunk []byte
		chunk, body = cutChunk(body)
		lines := prepared(chunk, openMetrics)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(lines))
		if err != nil {
			return wrongText(err, line)
		}
		for name, family := range families {
			samples += len(family.Metric)
			for _, w := range s.byName[name] {
				for _, m := range family.Metric {
					found[w.slot].take(w.selector, m)
				}
			}
		}
		line += bytes.Count(lines, []byte("\n"))
	}
	if samples == 0 {
		return errors.New("the Prometheus text holds no sample")
	}
	for _, all := range s.byName {
		for _, w := range all {
			slots[w.slot] = found[w.slot].value()
		}
	}
	return nil
}

// cutChunk takes whole lines.
func cutChunk(body []byte) (chunk, rest []byte) {
	if len(body) <= chunkBytes {
		return body, nil
	}
	end := bytes.LastIndexByte(body[:chunkBytes], '\n') + 1
	if end == 0 { // a line that is longer than a chunk
		if end = bytes.IndexByte(body, '\n') + 1; end == 0 {
			end = len(body)
		}
	}
	return body[:end], body[end:]
}

// prepared gives the lines as the parser wants them: comments are empty lines (so that
// it keeps its count of lines, and takes a histogram's samples by their own names
// instead of as one thing), no carriage return, and a newline at the end.
func prepared(chunk []byte, openMetrics bool) []byte {
	out := make([]byte, 0, len(chunk)+1)
	for line := range bytes.Lines(chunk) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			if openMetrics {
				line = bare(line)
			}
			out = append(out, line...)
		}
		out = append(out, '\n')
	}
	return out
}

// bare leaves name, labels and value of a sample of OpenMetrics, whose timestamps are
// fractional and whose exemplars the parser does not know.
func bare(line []byte) []byte {
	end := 0
	for quoted := false; end < len(line) && (quoted || line[end] != ' '); end++ {
		switch line[end] {
		case '\\':
			end++
		case '"':
			quoted = !quoted
		}
	}
	if end >= len(line) {
		return line
	}
	head, tail := line[:end], bytes.Fields(line[end:])
	if len(tail) == 0 {
		return line
	}
	return slices.Concat(head, []byte(" "), tail[0])
}

// wrongText says where the text is wrong; the parser's words quote what it met there.
func wrongText(err error, firstLine int) error {
	var p expfmt.ParseError
	if !errors.As(err, &p) {
		return fmt.Errorf("the Prometheus text can't be read: %w", err)
	}
	return fmt.Errorf("the Prometheus text is wrong in line %d: %s", firstLine+p.Line-1, shortened(p.Msg, 200))
}

// take counts a sample of the selector's name where its labels fit.
func (m *match) take(s *selector, sample *dto.Metric) {
	for _, want := range s.labels {
		if !slices.ContainsFunc(sample.Label, func(l *dto.LabelPair) bool {
			return l.GetName() == want.name && l.GetValue() == want.value
		}) {
			return
		}
	}
	n := sample.GetUntyped().GetValue()
	if len(sample.Label) == len(s.labels) {
		m.exact++
		m.exactly = n
		return
	}
	if m.partly < len(m.labels) {
		m.labels[m.partly] = labelText(sample.Label)
	}
	m.partly++
	m.some = n
}

// value is that of the one sample that has just the labels asked for or, failing
// that, of the one that has others besides.
func (m *match) value() value {
	switch {
	case m.exact == 1:
		return numeric(m.exactly)
	case m.exact > 1:
		return value{kind: aNumber, problem: "stands twice in the answer"}
	case m.partly == 1:
		return numeric(m.some)
	case m.partly > 1:
		return value{kind: aNumber, problem: fmt.Sprintf("fits %d samples, among them %s and %s: add labels until it fits one",
			m.partly, m.labels[0], m.labels[1])}
	}
	return value{}
}

func labelText(labels []*dto.LabelPair) string {
	var b strings.Builder
	for i, l := range labels {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s=%q", l.GetName(), l.GetValue())
	}
	return shortened("{"+b.String()+"}", 120)
}

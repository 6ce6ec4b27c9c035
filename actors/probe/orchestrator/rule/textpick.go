package rule

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

// sampler finds the values of many selectors in Prometheus text.
type sampler struct {
	byName map[string][]wanted
}

// wanted is a selector and the slot of its value.
type wanted struct {
	*selector
	slot   int
	quoted [][]byte // label values in quotes, without those that need escapes
}

// match collects the samples that match a selector.
type match struct {
	exact, partial int       // number of samples with only these labels, and with more labels
	exactValue     float64   // value of the last exact match
	partialValue   float64   // value of the last partial match
	labels         [2]string // labels of the first two partial matches
}

func newSampler() *sampler { return &sampler{byName: make(map[string][]wanted)} }

func (s *sampler) add(sel *selector, slot int) {
	w := wanted{selector: sel, slot: slot}
	for _, l := range sel.labels {
		if !strings.ContainsAny(l.value, "\"\\\n") {
			w.quoted = append(w.quoted, []byte(`"`+l.value+`"`))
		}
	}
	s.byName[sel.name] = append(s.byName[sel.name], w)
}

// pick fills the slots from a text. Its error names the line that is wrong.
func (s *sampler) pick(body []byte, openMetrics bool, slots []Value) error {
	found := make([]match, len(slots))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	lines := lineFilter{sampler: s, openMetrics: openMetrics, line: 1}
	for len(body) > 0 {
		first := lines.line
		var err error
		if body, err = lines.next(body); err != nil {
			return err
		}
		families, err := parser.TextToMetricFamilies(bytes.NewReader(lines.chunk))
		if err != nil {
			return wrongText(err, first)
		}
		s.match(families, found)
	}
	if lines.samples == 0 {
		return errors.New("the Prometheus text holds no sample")
	}
	for _, all := range s.byName {
		for _, w := range all {
			slots[w.slot] = found[w.slot].value()
		}
	}
	return nil
}

// match matches parsed samples with the selectors.
func (s *sampler) match(families map[string]*dto.MetricFamily, found []match) {
	for name, family := range families {
		for _, w := range s.byName[name] {
			for _, m := range family.Metric {
				found[w.slot].take(w.selector, m)
			}
		}
	}
}

// wrongText words an error of the parser, which counts lines from the start of its chunk.
func wrongText(err error, firstLine int) error {
	p, ok := errors.AsType[expfmt.ParseError](err)
	if !ok {
		return fmt.Errorf("the Prometheus text can't be read: %w", err)
	}
	return fmt.Errorf("the Prometheus text is wrong in line %d: %s", firstLine+p.Line-1, shortened(p.Msg, 200))
}

// take counts a sample with the selector's name if its labels match.
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
		m.exactValue = n
		return
	}
	if m.partial < len(m.labels) {
		m.labels[m.partial] = labelText(sample.Label)
	}
	m.partial++
	m.partialValue = n
}

// value returns the value of the only exact match or, without one, of the only partial match.
func (m *match) value() Value {
	switch {
	case m.exact == 1:
		return numeric(m.exactValue)
	case m.exact > 1:
		return Value{kind: kindNumber, problem: "is in the answer twice"}
	case m.partial == 1:
		return numeric(m.partialValue)
	case m.partial > 1:
		return Value{kind: kindNumber, problem: fmt.Sprintf("matches %d samples, among them %s and %s: add labels until it matches one",
			m.partial, m.labels[0], m.labels[1])}
	}
	return Value{}
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

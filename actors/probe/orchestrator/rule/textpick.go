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

// wanted is a selector and where its value goes.
type wanted struct {
	*selector
	slot   int
	quoted [][]byte // the labels' values as the text spells them, but for those it may spell in two ways
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
	w := wanted{selector: sel, slot: slot}
	for _, l := range sel.labels {
		if !strings.ContainsAny(l.value, "\"\\\n") {
			w.quoted = append(w.quoted, []byte(`"`+l.value+`"`))
		}
	}
	s.byName[sel.name] = append(s.byName[sel.name], w)
}

// pick fills the slots from a text. Its error says where it is no Prometheus text.
func (s *sampler) pick(body []byte, openMetrics bool, slots []Value) error {
	found := make([]match, len(slots))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	lines := askedLines{sampler: s, openMetrics: openMetrics, line: 1}
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

// match holds what was parsed against the selectors.
func (s *sampler) match(families map[string]*dto.MetricFamily, found []match) {
	for name, family := range families {
		for _, w := range s.byName[name] {
			for _, m := range family.Metric {
				found[w.slot].take(w.selector, m)
			}
		}
	}
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
func (m *match) value() Value {
	switch {
	case m.exact == 1:
		return numeric(m.exactly)
	case m.exact > 1:
		return Value{kind: aNumber, problem: "stands twice in the answer"}
	case m.partly == 1:
		return numeric(m.some)
	case m.partly > 1:
		return Value{kind: aNumber, problem: fmt.Sprintf("fits %d samples, among them %s and %s: add labels until it fits one",
			m.partly, m.labels[0], m.labels[1])}
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

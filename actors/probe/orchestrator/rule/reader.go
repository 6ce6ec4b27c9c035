package rule

// Form is the form of an answer.
type Form uint8

// The forms of answers.
const (
	JSON Form = iota + 1
	Prometheus
)

// String names the form for people.
func (f Form) String() string {
	if f == JSON {
		return "JSON"
	}
	return "Prometheus text"
}

// Reader finds the values of a fixed set of fields in answers.
type Reader struct {
	paths   *picker
	samples *sampler
	slots   int
}

// NewReader creates a reader without fields.
func NewReader() *Reader { return &Reader{paths: newPicker(), samples: newSampler()} }

// Place is the slot of a field's value in each form.
type Place struct{ json, prometheus int } // -1: the field does not exist in this form

var nowhere = Place{-1, -1}

// Add adds a field, and returns the place of its value.
func (r *Reader) Add(f Field) Place {
	at := nowhere
	if f.path != nil {
		at.json = r.paths.add(f.path, r.slots)
	}
	if f.sample != nil {
		at.prometheus = r.slots
		r.samples.add(f.sample, at.prometheus)
	}
	r.slots++
	return at
}

// Evaluator adds the fields of a rule, and returns its evaluator.
func (r *Reader) Evaluator(rule Rule) Evaluator {
	w := Evaluator{Rule: rule, fieldAt: r.Add(rule.field), guardAt: nowhere}
	if rule.while != nil {
		w.guardAt = r.Add(rule.while.field)
	}
	return w
}

// Values are the values of the reader's fields in an answer.
type Values struct {
	Form Form
	all  []Value
}

// JSON reads a valid document.
func (r *Reader) JSON(document []byte) Values {
	v := Values{JSON, make([]Value, r.slots)}
	r.paths.pick(document, 0, v.all)
	return v
}

// Text reads Prometheus text. Its error names the line that is wrong.
func (r *Reader) Text(text []byte, openMetrics bool) (Values, error) {
	v := Values{Prometheus, make([]Value, r.slots)}
	return v, r.samples.pick(text, openMetrics, v.all)
}

// At returns the value at a place.
func (v Values) At(p Place) Value {
	slot, formed := p.json, "a Prometheus sample, and the answer is JSON"
	if v.Form == Prometheus {
		slot, formed = p.prometheus, "a path of JSON, and the answer is Prometheus text"
	}
	if slot < 0 {
		return Value{problem: "is " + formed}
	}
	return v.all[slot]
}

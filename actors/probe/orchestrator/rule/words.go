package rule

import (
	"fmt"
	"strings"

	"orchestrator-watchdog/messages"
)

// observation turns a verdict into an observation.
func (r *Rule) observation(d verdict) messages.Observation {
	o := messages.Observation{Signal: r.Key(), Level: d.level, Threshold: r.threshold(), Detail: r.detail(d)}
	if d.collects() {
		o.Expected, o.Needs = true, r.over
	}
	if c := r.raise; c.operand.typ <= typeDuration && (c.op[0] == '<' || c.op[0] == '>') {
		o = o.WithBound(c.operand.number, o.Threshold)
	}
	if !d.measured.Unusable() && d.measured.kind != kindText {
		o = o.WithValue(d.measured.number)
	}
	return o
}

// collects reports whether the level is unknown only because the window is not full yet.
func (d verdict) collects() bool {
	return d.partial && d.level == messages.Unknown && !d.measured.Unusable()
}

// threshold returns the condition as text: "> 900, critical > 3600", "increase over 15m0s == 0".
func (r *Rule) threshold() string {
	var b strings.Builder
	if r.of != ofValue {
		b.WriteString(string(r.of) + " ")
	}
	if r.over > 0 {
		fmt.Fprintf(&b, "over %s ", r.over)
	}
	b.WriteString(r.raise.String())
	if r.critical != nil {
		b.WriteString(", critical " + r.critical.String())
	}
	return b.String()
}

func (r *Rule) detail(d verdict) string {
	switch {
	case d.idle:
		return fmt.Sprintf("counts while %s, and that is %s", r.while, r.while.compare.operand.typ.format(d.guard))
	case d.measured.Unusable():
		return r.unusable(d)
	}
	facts := r.facts(d)
	if d.level <= messages.OK || r.Summary == "" {
		return facts
	}
	return strings.ReplaceAll(r.Summary, "{value}", r.shown(d.measured)) + " (" + facts + ")"
}

// unusable says why there is no value to compare.
func (r *Rule) unusable(d verdict) string {
	if missing := r.missing(d); len(missing) > 0 {
		return "the envelope has no " + strings.Join(missing, " and no ") + ", so this default rule is off"
	}
	why := d.measured.Why()
	if r.while == nil || !d.guard.Unusable() {
		why = r.field.text + " " + why
	}
	if r.Preset {
		why += ", so this default rule is off"
	}
	return why
}

// facts says what was measured.
func (r *Rule) facts(d verdict) string {
	shown := r.shown(d.measured)
	var facts string
	switch {
	case r.of == ofAbsent && d.measured.number != 0:
		facts = r.field.text + " is absent"
	case r.of == ofAbsent && d.field.kind == kindMissing:
		facts = fmt.Sprintf("%s is absent, but not for %s yet", r.field.text, r.over)
	case r.of == ofAbsent:
		facts = r.field.text + " is there"
	case r.of == ofAge:
		facts = fmt.Sprintf("%s is %s ago", r.field.text, shown)
	case r.of.windowed():
		facts = fmt.Sprintf("%s of %s over %s is %s", r.of, r.field.text, r.over, shown)
	default:
		facts = fmt.Sprintf("%s is %s", r.field.text, shown)
	}
	switch {
	case d.collects():
		facts = fmt.Sprintf("collecting: %s, so far", facts)
	case d.partial:
		facts += ", so far"
	case d.held:
		facts += fmt.Sprintf(", not %s yet", r.clear)
	}
	return facts
}

// shown formats a measured value in its unit.
func (r *Rule) shown(v Value) string {
	switch r.of {
	case ofAge:
		return Seconds(v.number)
	case ofRate:
		return formatNumber(v.number) + "/s"
	default:
		return r.raise.operand.typ.format(v)
	}
}

// missing returns the fields that a default rule needs and the answer lacks.
func (r *Rule) missing(d verdict) []string {
	var fields []string
	if r.Preset && d.field.missing() {
		fields = append(fields, r.field.text)
	}
	if r.Preset && r.while != nil && d.guard.missing() && r.while.field.text != r.field.text {
		fields = append(fields, r.while.field.text)
	}
	return fields
}

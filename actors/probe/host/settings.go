package host

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"orchestrator-watchdog/config/field"
)

// Settings are the settings of the host probes, except for the thresholds, which are Declared.
type Settings struct {
	Enabled        bool
	Proc           string // empty: /host/proc if it exists, else /proc
	Mounts         []NamedMount
	CeilingEnabled bool
	CeilingPct     float64
	ETAEnabled     bool
}

// NamedMount is a mounted file system and its name in signals.
type NamedMount struct{ Label, Path string }

// MountsVariable is the variable that sets the mounts. The default is our own root.
const MountsVariable = "WATCHDOG_HOST_MOUNTS"

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	var mounts []NamedMount // parsed so far, to find repeated labels
	mount := func(text string) (NamedMount, error) {
		m, err := mountOf(text, mounts)
		mounts = append(mounts, m)
		return m, err
	}
	return field.Below("host", []field.Field{
		field.Of("proc", &s.Proc, field.Text).By("WATCHDOG_HOST_PROC").With(field.About{Shown: "/host/proc if there, else /proc", Example: "/host/proc", Doc: "the host's procfs"}),
		field.ListOf("mounts", &s.Mounts, mount).By(MountsVariable).With(field.About{Preset: "/", Doc: "comma-separated path or label=path of read-only mounts to watch"}),
		field.Of("enabled", &s.Enabled, field.Bool).By("WATCHDOG_HOST_ENABLED").With(field.About{Preset: "true", Doc: "all host probes"}),
		field.Of("disk_ceiling.enabled", &s.CeilingEnabled, field.Bool).By("WATCHDOG_DISK_CEILING_ENABLED").With(field.About{Preset: "false", Doc: "opt-in: another watchdog owns the 85 % disk alert"}),
		field.Of("disk_ceiling.pct", &s.CeilingPct, field.Percent).By("WATCHDOG_DISK_CEILING_PCT").With(field.About{Preset: "97", Doc: "the ceiling, in percent of used space"}),
		field.Of("disk_eta.enabled", &s.ETAEnabled, field.Bool).With(field.About{Preset: "false", Doc: "opt-in: when a disk will be full at the pace of the last hour"}),
	})
}

func mountOf(text string, others []NamedMount) (NamedMount, error) {
	m := NamedMount{Label: text, Path: text}
	if label, at, ok := strings.Cut(text, "="); ok {
		m = NamedMount{Label: strings.TrimSpace(label), Path: strings.TrimSpace(at)}
	}
	if _, err := field.Name(m.Label); err != nil || !path.IsAbs(m.Path) {
		return m, fmt.Errorf("%q is neither an absolute path nor label=path, without spaces in the label", text)
	}
	if slices.ContainsFunc(others, func(other NamedMount) bool { return other.Label == m.Label }) {
		return m, fmt.Errorf("the mount %q is listed twice", m.Label)
	}
	return m, nil
}

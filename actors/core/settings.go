package core

import (
	"time"

	"orchestrator-watchdog/config/field"
)

// Settings is the core's configuration. The core never changes it.
type Settings struct {
	Tick         time.Duration // the clock's; 10 ticks without a message are a gap in our own running
	Defaults     Policy
	Rules        []Rule // the last rule that sets a field wins
	Windows      []*Window
	Routes       map[string]*Route // by channel; a channel without a route is told everything at once
	StartupGrace time.Duration     // nothing is told this long after the start
	GroupWait    time.Duration     // how long news that is not urgent waits for more of its group
	Observed     ObservationLog
}

// Fields implements field.Declared.
func (s *Settings) Fields() []field.Field {
	return []field.Field{
		field.Of("raise_ticks", &s.Defaults.RaiseTicks, field.Ticks).By("WATCHDOG_RAISE_TICKS").With(field.About{Preset: "2", Doc: "observations in a row that raise a signal, where it sets no other"}),
		field.Of("clear_ticks", &s.Defaults.ClearTicks, field.Ticks).By("WATCHDOG_CLEAR_TICKS").With(field.About{Preset: "2", Doc: "observations in a row that clear a signal, where it sets no other"}),
		field.Of("cooldown", &s.Defaults.Cooldown, field.AtLeast(0)).By("WATCHDOG_COOLDOWN").With(field.About{Preset: "1h", Doc: "time between reminders while a signal stays active; 0: none"}),
		field.Of("ack_expires", &s.Defaults.AckExpires, field.AtLeast(0)).By("WATCHDOG_ACK_EXPIRES").With(field.About{Preset: "24h", Doc: "how long after it was made an acknowledgement ends, with one reminder; 0: only with its trouble"}),
		field.Of("startup_grace", &s.StartupGrace, field.AtLeast(0)).By("WATCHDOG_STARTUP_GRACE").With(field.About{Preset: "0s", Doc: "nothing is told this long after the start"}),
		field.Of("group_wait", &s.GroupWait, field.AtLeast(0)).By("WATCHDOG_GROUP_WAIT").With(field.About{Preset: "1s", Doc: "transitions within it travel as one message; critical ones do not wait"}),
	}
}

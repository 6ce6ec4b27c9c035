package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/core"
	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/actors/notifier/logsink"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
)

// observed are the words of WATCHDOG_LOG_OBSERVATIONS.
var observed = map[string]core.ObservationLog{"changes": core.LogChanges, "all": core.LogAll, "off": core.LogNone}

// CoreSettings makes the core's settings of the configuration.
func CoreSettings(c *config.Config) (*core.Settings, error) {
	s := &core.Settings{
		Tick: c.Tick, StartupGrace: c.StartupGrace, GroupWait: c.GroupWait,
		Defaults: core.Policy{Enabled: true, RaiseTicks: uint16(c.RaiseTicks), ClearTicks: uint16(c.ClearTicks), Cooldown: c.Cooldown, Flapping: core.DefaultFlapping},
		Rules:    core.BuiltinRules(uint16(c.Orchestrator.DownTicks)),
		Observed: observed[c.Observations],
	}
	for _, p := range c.Signals {
		s.Rules = append(s.Rules, ruleOf(p))
	}
	for _, w := range c.Maintenance {
		s.Windows = append(s.Windows, &core.Window{Signals: w.Signals, Start: w.Start, For: w.For, Days: w.Days, Zone: w.Zone, From: w.From})
	}
	return s, errors.Join(s.Validate(knownInstances(c))...)
}

// Unmatched warns of every policy and window whose glob fits no signal there could be.
func Unmatched(c *config.Config, s *core.Settings) []string {
	var warnings []string
	for _, u := range s.Unmatched(knownInstances(c)) {
		if !strings.HasPrefix(u, "built in") {
			warnings = append(warnings, u+" fits no signal there could be: watchdog check lists those that there are")
		}
	}
	return warnings
}

// knownInstances gives the instances that the configuration names, by kind.
func knownInstances(c *config.Config) map[string][]string {
	names := []string{}
	for _, d := range c.Dependencies {
		names = append(names, d.Name)
	}
	return map[string][]string{"dep_down": names, "dep_slow": names, "dep_cert": names}
}

func ruleOf(p config.SignalPolicy) core.Rule {
	r := core.Rule{Glob: p.Glob, From: p.From, Enabled: p.Enabled, Mute: p.Mute, Cooldown: p.Cooldown, InhibitedBy: p.InhibitedBy}
	r.RaiseTicks, r.ClearTicks = ticksOf(p.RaiseTicks), ticksOf(p.ClearTicks)
	r.FlapChanges, r.FlapWithin, r.FlapSettle = ticksOf(p.Flapping.Changes), p.Flapping.Within, p.Flapping.Settle
	if p.Severity != "" {
		if level, err := messages.ParseLevel(p.Severity); err == nil { // the settings hold it to be one
			r.Severity = &level
		}
	}
	return r
}

func ticksOf(n *int) *uint16 {
	if n == nil {
		return nil
	}
	ticks := uint16(*n)
	return &ticks
}

// Channels makes the channels of delivery. The log is always one of them.
func Channels(c *config.Config, log *zap.Logger) ([]ChannelPart, error) {
	parts := []ChannelPart{{Channel: logsink.New(log.With(zap.String("actor", "notifier:log"))), Spec: "log"}}
	style := notifier.Style{Host: c.HostLabel, Zone: time.UTC, Limit: notifier.TelegramLimit}
	var errs []error
	telegramTrust, err := peer.TLS(c.Telegram.Trust).Load()
	if err != nil {
		errs = append(errs, c.Problem("telegram", err))
	}
	alertmanagerTrust, err := peer.TLS(c.AlertmanagerTrust).Load()
	if err != nil {
		errs = append(errs, c.Problem("alertmanager", err))
	}
	for i, chat := range c.Telegram.ChatIDs {
		if !c.Telegram.Token.Set() {
			break
		}
		name := "telegram"
		if i > 0 {
			name = fmt.Sprintf("telegram:%d", i+1) // the chat's own id is nobody's business in metrics
		}
		ch, err := telegram.New(telegram.Options{
			Name: name, Token: c.Telegram.Token, ChatID: chat, ThreadID: c.Telegram.ThreadID, APIURL: c.Telegram.APIURL,
			Proxy: c.Telegram.Proxy, Trust: telegramTrust, Style: style, Log: log.With(zap.String("actor", "notifier:"+name)),
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		bot, _, _ := strings.Cut(c.Telegram.Token.Reveal(), ":") // another bot can't reply to its messages
		parts = append(parts, ChannelPart{Channel: ch, Paced: true, Reach: bot + " in " + chat, Spec: []any{c.Telegram.Token, chat, c.Telegram.ThreadID, c.Telegram.APIURL, c.Telegram.Proxy, c.HostLabel, c.Telegram.Trust, sums(peer.TLS(c.Telegram.Trust).Files()...)}})
	}
	for _, address := range c.Alertmanager {
		ch, err := alertmanager.New(alertmanager.Options{URL: address, Host: c.HostLabel, Trust: alertmanagerTrust})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(parts, func(p ChannelPart) bool { return p.Channel.Name() == ch.Name() }) {
			errs = append(errs, fmt.Errorf("WATCHDOG_ALERTMANAGER_URL: %s stands there twice", ch.Name()))
			continue
		}
		parts = append(parts, ChannelPart{Channel: ch, Spec: []any{address, c.HostLabel, c.AlertmanagerTrust, sums(peer.TLS(c.AlertmanagerTrust).Files()...)}})
	}
	return parts, errors.Join(errs...)
}

package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/alertmanager"
	"orchestrator-watchdog/actors/notifier/logsink"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/supervisor"
)

// Channels makes the channels of delivery. The log is always one of them.
func Channels(c *config.Config, log *zap.Logger) ([]supervisor.ChannelPart, error) {
	parts := []supervisor.ChannelPart{{Channel: logsink.New(log.With(zap.String("actor", "notifier:log"))), Spec: "log"}}
	zone := cmp.Or(c.Zone, time.UTC)
	style := notifier.Style{Host: c.HostLabel, Zone: zone, Handbook: c.Handbook, Limit: notifier.TelegramLimit}
	var errs []error
	telegramTrust, err := peer.LoadTLS(c.Telegram.Trust)
	if err != nil {
		errs = append(errs, c.Problem("telegram", err))
	}
	alertmanagerTrust, err := peer.LoadTLS(c.AlertmanagerTrust)
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
		parts = append(parts, supervisor.ChannelPart{Channel: ch, Paced: true, Reach: bot + " in " + chat, Spec: []any{c.Telegram.Token, chat, c.Telegram.ThreadID, c.Telegram.APIURL, c.Telegram.Proxy, c.HostLabel, zone.String(), c.Handbook, c.Telegram.Trust, sums(c.Telegram.Trust.Files()...)}})
	}
	for _, address := range c.Alertmanager {
		ch, err := alertmanager.New(alertmanager.Options{URL: address, Host: c.HostLabel, Labels: c.Labels, Handbook: c.Handbook, Trust: alertmanagerTrust})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(parts, func(p supervisor.ChannelPart) bool { return p.Channel.Name() == ch.Name() }) {
			errs = append(errs, fmt.Errorf("WATCHDOG_ALERTMANAGER_URL: %s stands there twice", ch.Name()))
			continue
		}
		parts = append(parts, supervisor.ChannelPart{Channel: ch, Spec: []any{address, c.HostLabel, c.Labels, c.Handbook, c.AlertmanagerTrust, sums(c.AlertmanagerTrust.Files()...)}})
	}
	return parts, errors.Join(errs...)
}

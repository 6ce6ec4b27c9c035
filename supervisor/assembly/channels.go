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
	"orchestrator-watchdog/actors/notifier/email"
	"orchestrator-watchdog/actors/notifier/logsink"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/webhook"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/config/field"
	"orchestrator-watchdog/messages/secret"
	"orchestrator-watchdog/supervisor"
)

// channelKinds is the table of the kinds of channels in the file.
var channelKinds = slices.Concat([]field.Kind{telegram.Kind, alertmanager.Kind, email.Kind}, webhook.Kinds)

// Channels makes all channels: the log, the channels of the variables, and the channels listed in
// the file.
func Channels(c *config.Config, log *zap.Logger) ([]supervisor.ChannelPart, error) {
	parts := []supervisor.ChannelPart{{Channel: logsink.New(log.With(zap.String("actor", "notifier:log"))), Spec: "log"}}
	chats, errChats := chatsOfVariables(c, log)
	managers, errManagers := alertmanagersOfVariables(c, log)
	parts = slices.Concat(parts, chats, managers)
	errs := []error{errChats, errManagers}
	for _, listed := range c.Channels {
		part, err := listedChannel(c, listed, parts, log)
		switch {
		case err != nil:
			errs = append(errs, err)
		case listed.Settings != nil:
			parts = append(parts, part)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return parts, err
	}
	return parts, checkFallbacks(c, parts)
}

// setupOf returns what every channel is given.
func setupOf(c *config.Config, name string, log *zap.Logger) notifier.Setup {
	return notifier.Setup{
		Name: name, Host: c.HostLabel, Zone: cmp.Or(c.Zone, time.UTC), Buttons: ofTelegram(c).Commands, Common: *config.Section[*notifier.Common](c),
		Log: log.With(zap.String("actor", "notifier:"+name)),
	}
}

// partOf makes the channel for settings.
func partOf(s notifier.Settings, setup notifier.Setup) (supervisor.ChannelPart, error) {
	ch, err := s.Make(setup)
	return supervisor.ChannelPart{
		Channel: ch, Paced: s.Paced(), Recipient: s.Recipient(),
		Spec: []any{s, setup.Host, setup.Zone.String(), setup.Common, setup.Buttons, sums(s.Files()...)},
	}, err
}

func ofTelegram(c *config.Config) *telegram.Variables { return config.Section[*telegram.Variables](c) }

func chatsOfVariables(c *config.Config, log *zap.Logger) (parts []supervisor.ChannelPart, err error) {
	v := ofTelegram(c)
	if _, err := peer.LoadTLS(v.TLS); err != nil {
		return nil, c.Problem("telegram", err)
	}
	if !v.Token.Set() {
		return nil, nil
	}
	var errs []error
	for i, chat := range v.ChatIDs {
		part, err := partOf(&telegram.Settings{ChatID: chat, ThreadID: v.ThreadID, Bot: v.Bot}, setupOf(c, nameOfChat(i), log))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		parts = append(parts, part)
	}
	return parts, errors.Join(errs...)
}

func alertmanagersOfVariables(c *config.Config, log *zap.Logger) (parts []supervisor.ChannelPart, err error) {
	v := config.Section[*alertmanager.Variables](c)
	if _, err := peer.LoadTLS(v.TLS); err != nil {
		return nil, c.Problem("alertmanager", err)
	}
	var errs []error
	for _, address := range v.URLs {
		part, err := partOf(&alertmanager.Settings{URL: secret.New(address), TLS: v.TLS}, setupOf(c, "", log))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("WATCHDOG_ALERTMANAGER_URL: %w", err))
		case isThere(parts, part.Channel.Name()):
			errs = append(errs, fmt.Errorf("WATCHDOG_ALERTMANAGER_URL: %s is listed twice", part.Channel.Name()))
		default:
			parts = append(parts, part)
		}
	}
	return parts, errors.Join(errs...)
}

// listedChannel makes a channel listed in the file. If the entry only gives a route, listedChannel
// checks that its channel exists.
func listedChannel(c *config.Config, listed config.Channel, others []supervisor.ChannelPart, log *zap.Logger) (supervisor.ChannelPart, error) {
	there := isThere(others, listed.Name)
	settings, _ := listed.Settings.(notifier.Settings)
	switch {
	case settings == nil && !there:
		return supervisor.ChannelPart{}, c.Problem(listed.Path, fmt.Errorf("there is no channel %q to give a route, and no kind to make one of; there are: %s", listed.Name, strings.Join(namesOf(others), ", ")))
	case settings == nil:
		return supervisor.ChannelPart{}, nil
	case there:
		return supervisor.ChannelPart{}, c.Problem(listed.Path, fmt.Errorf("there is a channel %q already: give this one another name", listed.Name))
	}
	if chat, ok := settings.(*telegram.Settings); ok {
		with := *chat
		with.Bot = chat.Or(ofTelegram(c).Bot)
		settings = &with
	}
	part, err := partOf(settings, setupOf(c, listed.Name, log))
	if err != nil {
		return part, problemsOf(c, listed, err)
	}
	return part, nil
}

// problemsOf adds the position in the file to each problem of a channel's settings.
func problemsOf(c *config.Config, listed config.Channel, err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only a joined error at the top is split
		var all []error
		for _, one := range many.Unwrap() {
			all = append(all, problemsOf(c, listed, one))
		}
		return errors.Join(all...)
	}
	path := listed.Path + "." + listed.Kind
	var p *notifier.Problem
	if errors.As(err, &p) && p.Field != "" {
		return c.Problem(path+"."+p.Field, p.Err)
	}
	return c.Problem(path, err)
}

func isThere(parts []supervisor.ChannelPart, name string) bool {
	return slices.ContainsFunc(parts, func(p supervisor.ChannelPart) bool { return p.Channel.Name() == name })
}

func namesOf(parts []supervisor.ChannelPart) (names []string) {
	for _, p := range parts {
		names = append(names, p.Channel.Name())
	}
	return names
}

// Chats returns the chats in which the bot of the variables reads commands: the channel of each, by
// the chat's id or @name in lower case.
func Chats(c *config.Config) map[string]string {
	v, chats := ofTelegram(c), make(map[string]string)
	if !v.Token.Set() || !v.Commands {
		return chats
	}
	for i, chat := range v.ChatIDs {
		chats[strings.ToLower(chat)] = nameOfChat(i)
	}
	for _, listed := range c.Channels {
		if chat, ok := listed.Settings.(*telegram.Settings); ok && chat.Or(v.Bot).Token.Reveal() == v.Token.Reveal() {
			chats[strings.ToLower(chat.ChatID)] = listed.Name
		}
	}
	return chats
}

// BotOf returns the options of the bot of the variables.
func BotOf(c *config.Config) telegram.Options {
	v := ofTelegram(c)
	trust, _ := peer.LoadTLS(v.TLS) // making the channel reports the error
	return telegram.Options{Name: "telegram", Token: v.Token, APIURL: v.APIURL, Proxy: v.Proxy, Trust: trust, Style: notifier.Style{Zone: cmp.Or(c.Zone, time.UTC)}, Log: zap.NewNop()}
}

// nameOfChat returns the name of a chat's channel. It does not hold the chat's id, which is private
// and does not belong in metrics.
func nameOfChat(i int) string {
	if i == 0 {
		return "telegram"
	}
	return fmt.Sprintf("telegram:%d", i+1)
}

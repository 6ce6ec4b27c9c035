package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/operator"
	"orchestrator-watchdog/actors/ops"
	"orchestrator-watchdog/cmd/watchdog/internal/operate"
	"orchestrator-watchdog/config"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/supervisor"
	"orchestrator-watchdog/supervisor/assembly"
)

// pollChanges passes changes of the chats to the poller of the bot.
type pollChanges struct{ changes chan telegram.PollChange }

func newPollChanges() *pollChanges { return &pollChanges{changes: make(chan telegram.PollChange, 1)} }

// reloaded tells the poller of the bot and chats after a reload.
func (t *pollChanges) reloaded(cfg *config.Config) {
	select {
	case <-t.changes: // drop an unread change of an earlier reload
	default:
	}
	t.changes <- telegram.PollChange{Bot: assembly.BotOf(cfg), Chats: assembly.Chats(cfg)}
}

// tellWithin bounds how long the core may take to accept a message about failing polls.
const tellWithin = 5 * time.Second

// poller makes the actor that reads what people write to the bot.
func (t *pollChanges) poller(cfg *config.Config, tree *supervisor.Tree, past past, metrics *ops.Metrics, log *zap.Logger) *telegram.Poller {
	log = log.With(zap.String("actor", "chat"))
	chat := &operate.Chat{
		Watchdog: tree, Operators: operatorsOf(cfg), Host: cfg.HostLabel, Zone: cfg.Zone, History: past.store,
		Count: metrics.Commanded, Log: log, Now: time.Now,
	}
	poller := telegram.NewPoller(telegram.PollOptions{
		Bot: assembly.BotOf(cfg), Chats: assembly.Chats(cfg), Handle: chat.Handle, Listening: tree.EnableButtons, Menu: menu(), Changes: t.changes, Log: log, Now: time.Now,
		Failing: func(channels []string, reason string) {
			ctx, cancel := context.WithTimeout(context.Background(), tellWithin)
			defer cancel()
			for _, channel := range channels {
				if err := tree.Send(ctx, messages.Polled{At: time.Now(), Channel: channel, Err: reason}); err != nil {
					log.Warn("poll_not_told", zap.String("channel", channel), zap.Error(err))
				}
			}
		},
	})
	chat.Bot = poller.Name
	return poller
}

// menu lists the commands that the bot offers.
func menu() []telegram.MenuItem {
	items := make([]telegram.MenuItem, len(operator.Usages))
	for i, u := range operator.Usages {
		items[i] = telegram.MenuItem{Name: u.Name, About: u.About}
	}
	return items
}

// operatorsOf returns the users who may change what is told; nil means everyone.
func operatorsOf(cfg *config.Config) map[int64]bool {
	operators := config.Section[*telegram.Variables](cfg).Operators
	if len(operators) == 0 {
		return nil
	}
	all := make(map[int64]bool)
	for _, id := range operators {
		all[id] = true
	}
	return all
}

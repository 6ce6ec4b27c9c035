package telegram

import (
	"context"
	"slices"
	"sync"

	"github.com/PaulSonOfLars/gotgbot/v2"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/peer"
	"orchestrator-watchdog/messages"
	"orchestrator-watchdog/messages/button"
)

const (
	// maxRows is how many signals a message with buttons has at most: a digest has no room for them.
	maxRows = 4
	// maxMessages is how many messages with buttons are remembered.
	maxMessages = 200
	// maxLabel is the length of a signal's or a person's name in a button, in bytes.
	maxLabel = 60
)

// row is a row of buttons about one trouble.
type row struct {
	trouble messages.Trouble
	label   string // who acknowledged the trouble, shown in place of the buttons; empty: nobody
}

// buttons remembers which messages have which buttons. The notifier's worker and the receiver of
// acknowledgements use it concurrently.
type buttons struct {
	mu    sync.Mutex
	rows  map[int64][]row // by message
	order []int64         // oldest first
	stale []int64         // messages whose buttons have to be updated
}

// rowsOf returns the buttons for a message: a row for each trouble that is still active.
func rowsOf(items []messages.Notification) []row {
	var rows []row
	for _, n := range items {
		switch n.News {
		case messages.Alert, messages.Worse, messages.Still:
			if n.Trouble > 0 {
				rows = append(rows, row{trouble: messages.Trouble{Signal: n.Signal, Began: n.Trouble}})
			}
		case messages.Flapping, messages.Recovered, messages.Missed, messages.Event: // the reminders of Flapping have buttons; the others need no action
		}
	}
	if len(rows) > maxRows {
		return nil
	}
	return rows
}

// keyboard returns the buttons in Telegram's format. They name their signal if there are several.
func keyboard(rows []row) gotgbot.InlineKeyboardMarkup {
	markup := gotgbot.InlineKeyboardMarkup{InlineKeyboard: [][]gotgbot.InlineKeyboardButton{}}
	for _, r := range rows {
		if r.label != "" {
			markup.InlineKeyboard = append(markup.InlineKeyboard, []gotgbot.InlineKeyboardButton{{Text: r.label, CallbackData: button.Inert}})
			continue
		}
		about := ""
		if len(rows) > 1 {
			about = " " + peer.Line(string(r.trouble.Signal), maxLabel)
		}
		markup.InlineKeyboard = append(markup.InlineKeyboard, []gotgbot.InlineKeyboardButton{
			{Text: "Ack" + about, CallbackData: button.Data(button.Ack, r.trouble)},
			{Text: "Silence 1h", CallbackData: button.Data(button.Silence, r.trouble)},
			{Text: "Why", CallbackData: button.Data(button.Why, r.trouble)},
		})
	}
	return markup
}

// recordSent records the buttons of a message that arrived. For a recovery, it marks the earlier
// messages that lose their buttons.
func (b *buttons) recordSent(id int64, rows []row, items []messages.Notification) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(rows) > 0 && id != 0 {
		b.remember(id, rows)
	}
	for _, n := range items {
		if n.News != messages.Recovered && n.News != messages.Missed {
			continue
		}
		if _, known := b.rows[n.ReplyTo]; n.ReplyTo != 0 && !known { // sent before a restart
			b.remember(n.ReplyTo, nil)
			b.stale = append(b.stale, n.ReplyTo)
		}
		for message, rows := range b.rows {
			if message == id {
				continue
			}
			left := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.trouble.Signal == n.Signal })
			if len(left) < len(rows) {
				b.rows[message] = left
				b.stale = append(b.stale, message)
			}
		}
	}
}

func (b *buttons) remember(id int64, rows []row) {
	if b.rows == nil {
		b.rows = make(map[int64][]row)
	}
	b.rows[id] = rows
	if b.order = append(b.order, id); len(b.order) > maxMessages {
		delete(b.rows, b.order[0])
		b.order = b.order[1:]
	}
}

// acknowledged replaces the buttons of a trouble by a label.
func (b *buttons) acknowledged(trouble messages.Trouble, label string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for message, rows := range b.rows {
		for i, r := range rows {
			if r.trouble == trouble && r.label != label {
				rows = slices.Clone(rows)
				rows[i].label = label
				b.rows[message] = rows
				b.stale = append(b.stale, message)
			}
		}
	}
}

// next removes and returns a message whose buttons have to be updated.
func (b *buttons) next() (id int64, rows []row, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.stale) == 0 {
		return 0, nil, false
	}
	id = b.stale[0]
	b.stale = slices.DeleteFunc(b.stale, func(other int64) bool { return other == id })
	return id, b.rows[id], true
}

func (b *buttons) hasStale() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.stale) > 0
}

// clear forgets all messages, since they are in the former chat.
func (b *buttons) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows, b.order, b.stale = nil, nil, nil
}

var _ notifier.MessageUpdater = (*Channel)(nil)

// UpdatePending implements notifier.MessageUpdater.
func (c *Channel) UpdatePending() bool { return c.buttons.hasStale() }

// UpdateNext implements notifier.MessageUpdater: it updates the buttons of one message. Errors are
// ignored: the message may be too old to be edited, or have these buttons already.
func (c *Channel) UpdateNext(ctx context.Context) {
	if id, rows, ok := c.buttons.next(); ok {
		_, _ = c.bot.RequestWithContext(ctx, "editMessageReplyMarkup", map[string]any{"chat_id": c.chat, "message_id": id, "reply_markup": keyboard(rows)}, nil)
	}
}

// EnableButtons implements notifier.MessageUpdater. While presses are not handled, new messages have
// no buttons.
func (c *Channel) EnableButtons(enabled bool) { c.buttonsOff.Store(!enabled) }

// Acknowledged implements notifier.MessageUpdater.
func (c *Channel) Acknowledged(trouble messages.Trouble, by messages.Acknowledgement) {
	c.buttons.acknowledged(trouble, "✓ "+peer.Line(by.By, maxLabel)+", "+by.At.In(c.style.Zone).Format("15:04 MST"))
}

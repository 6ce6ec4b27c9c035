package telegram_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages/secret"
)

type object = map[string]any

// The chats that wrote within the last day are listed by name and id, the latest first. Another
// reader of the bot's updates still gets them all.
func TestChatsAreFound(t *testing.T) {
	server := fakeapi.New()
	defer server.Close()
	now := time.Now()
	at := func(ago time.Duration) int64 { return now.Add(-ago).Unix() }
	group := object{"id": -1001, "type": "supergroup", "title": "Ops\u202e <b>"}
	for _, update := range []object{
		{"message": object{"date": at(25 * time.Hour), "chat": object{"id": 1, "type": "private", "first_name": "Old"}}},
		{"message": object{"date": at(3 * time.Hour), "chat": group}},
		{"message": object{"date": at(2 * time.Hour), "chat": group, "is_topic_message": true, "message_thread_id": 7, "reply_to_message": object{
			"date": at(0), "chat": group, "forum_topic_created": object{"name": "Alerts"},
		}}},
		{"my_chat_member": object{"date": at(time.Hour), "chat": object{"id": -5, "type": "group", "title": "New"}, "from": object{}, "old_chat_member": object{"status": "left"}, "new_chat_member": object{"status": "member"}}},
		{"channel_post": object{"date": at(time.Minute), "chat": object{"id": -1009, "type": "channel", "title": "News", "username": "news"}}},
		{"poll": object{"id": "1"}},
		{"message": object{"date": at(time.Second), "chat": object{"id": 2, "type": "private", "first_name": "Ann", "last_name": "Lee"}}},
		{"edited_message": object{"date": at(0), "chat": object{"id": 2, "type": "private", "first_name": "Ann", "last_name": "Lee"}}},
	} {
		server.Update(update)
	}
	chats, err := telegram.FindChats(t.Context(), options(server), now.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range chats {
		got = append(got, strings.Join([]string{c.Type, c.Name, c.Topic}, "|"))
	}
	want := "private|Ann Lee|, channel|News @news|, group|New|, supergroup|Ops <b>|Alerts, supergroup|Ops <b>|"
	if strings.Join(got, ", ") != want || chats[0].ID != 2 || chats[3].ThreadID != 7 {
		t.Errorf("got %q\nwant %q", strings.Join(got, ", "), want)
	}
	if n := server.Unconfirmed(); n != 8 {
		t.Errorf("%d of 8 updates are left", n)
	}
}

func options(server *fakeapi.Server) telegram.Options {
	return telegram.Options{Name: "telegram", Token: secret.New(fakeapi.Token), APIURL: server.URL(), Log: zap.NewNop()}
}

// If the updates can't be read, the error says why.
func TestChatsThatCannotBeFound(t *testing.T) {
	for name, c := range map[string]struct {
		fault fakeapi.Fault
		want  string
	}{
		"another poller": {fakeapi.Conflict, "perhaps a running watchdog"},
		"a webhook":      {fakeapi.WebhookSet, "a webhook is set"},
		"a wrong token":  {fakeapi.Unauthorized, "ask @BotFather"},
		"a page":         {fakeapi.Page{Status: 502}, "Telegram can't be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fakeapi.New()
			defer server.Close()
			server.Always(c.fault)
			if _, err := telegram.FindChats(t.Context(), options(server), time.Time{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

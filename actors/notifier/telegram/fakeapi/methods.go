package fakeapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

type object = map[string]any

// botID is the bot's user id: the part of its token before the colon.
const botID = 123456

// BotName is the bot's user name.
const BotName = "watchdog_bot"

func bot() object {
	return object{"id": botID, "is_bot": true, "first_name": "watchdog", "username": BotName}
}

// perform runs a method and returns its result.
func (s *Server) perform(method string, form map[string]string) (any, *Refusal) {
	switch method {
	case "getme":
		return bot(), nil
	case "setmycommands":
		return true, nil
	case "sendmessage":
		return s.send(form)
	case "sendphoto":
		return s.sendPhoto(form)
	case "editmessagereplymarkup":
		return s.edit(form)
	case "answercallbackquery":
		return s.answerPress(form)
	}
	return nil, &Refusal{Code: 404, Description: "Not Found"}
}

// send puts a message into its chat.
func (s *Server) send(form map[string]string) (any, *Refusal) {
	if refusal := check(form); refusal != nil {
		return nil, refusal
	}
	buttons, refusal := buttonsOf(form)
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused != "" && strings.Contains(form["text"], s.refused) {
		return nil, &Refusal{Code: 400, Description: "Bad Request: text must be encoded in UTF-8"}
	}
	s.lastID++
	m := Message{
		ID: s.lastID, Chat: form["chat_id"], Text: form["text"], Plain: form["text"], HTML: strings.EqualFold(form["parse_mode"], "HTML"),
		Silent: form["disable_notification"] == "true", At: s.now(), Buttons: buttons,
		Picture: form["picture"] != "",
	}
	if m.HTML {
		m.Plain, m.code, _ = plainText(m.Text)
	}
	m.Thread, _ = strconv.ParseInt(form["message_thread_id"], 10, 64)
	var reply struct {
		ID int64 `json:"message_id"`
	}
	_ = json.Unmarshal([]byte(form["reply_parameters"]), &reply)
	m.ReplyTo = reply.ID
	s.messages = append(s.messages, m)
	s.wake()
	return m.json(), nil
}

// sendPhoto puts a picture into its chat.
func (s *Server) sendPhoto(form map[string]string) (any, *Refusal) {
	for _, value := range form {
		if strings.HasPrefix(value, "\x89PNG") {
			form["text"], form["picture"] = cmp.Or(form["caption"], "a picture"), "png"
			return s.send(form)
		}
	}
	return nil, &Refusal{Code: 400, Description: "Bad Request: there is no photo in the request"}
}

// json returns the message in the form of Telegram's JSON.
func (m Message) json() object {
	o := object{
		"message_id": m.ID, "date": m.At.Unix(), "text": m.Plain, "from": bot(),
		"chat": chatOf(m.Chat),
	}
	var entities []object
	for _, c := range m.code {
		entities = append(entities, object{"type": "code", "offset": c.offset, "length": c.length})
	}
	if len(entities) > 0 {
		o["entities"] = entities
	}
	if len(m.Buttons) > 0 {
		o["reply_markup"] = object{"inline_keyboard": m.Buttons}
	}
	return o
}

func chatOf(id string) object {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return object{"id": -100, "type": "channel", "username": strings.TrimPrefix(id, "@")}
	}
	kind := "supergroup"
	if number > 0 {
		kind = "private"
	}
	return object{"id": number, "type": kind, "title": "Ops"}
}

func buttonsOf(form map[string]string) ([][]Button, *Refusal) {
	var markup struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if text := form["reply_markup"]; text != "" && json.Unmarshal([]byte(text), &markup) != nil {
		return nil, &Refusal{Code: 400, Description: "Bad Request: can't parse reply keyboard markup JSON object"}
	}
	for _, row := range markup.Rows {
		for _, b := range row {
			if b.Text == "" || len(b.Data) < 1 || len(b.Data) > 64 {
				return nil, &Refusal{Code: 400, Description: "Bad Request: BUTTON_DATA_INVALID"}
			}
		}
	}
	return markup.Rows, nil
}

// edit changes the buttons of a message.
func (s *Server) edit(form map[string]string) (any, *Refusal) {
	buttons, refusal := buttonsOf(form)
	if refusal != nil {
		return nil, refusal
	}
	id, _ := strconv.ParseInt(form["message_id"], 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.messages, func(m Message) bool { return m.ID == id && m.Chat == form["chat_id"] })
	switch {
	case i < 0:
		return nil, &Refusal{Code: 400, Description: "Bad Request: message to edit not found"}
	case slices.EqualFunc(s.messages[i].Buttons, buttons, slices.Equal[[]Button]):
		return nil, &NotModified
	}
	s.messages[i].Buttons = buttons
	s.messages[i].Edits++
	s.wake()
	return s.messages[i].json(), nil
}

// answerPress records the answer to a press of a button.
func (s *Server) answerPress(form map[string]string) (any, *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := form["callback_query_id"]
	if said, known := s.presses[id]; !known || said != "" {
		return nil, &QueryTooOld
	}
	s.presses[id] = cmp.Or(form["text"], "(no text)")
	s.wake()
	return true, nil
}

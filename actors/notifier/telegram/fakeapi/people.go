package fakeapi

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Person is somebody in a chat.
type Person struct {
	ID   int64
	Name string
}

// Writing is a message that somebody writes.
type Writing struct {
	Chat    string // a number; positive: the private chat with the person
	By      Person
	Text    string
	Caption string    // the text of a picture, instead of Text
	Topic   int64     // in a forum group; 0: none
	ReplyTo int64     // a message of the bot in this chat; 0: none
	At      time.Time // zero: now

	Anonymous bool // by an admin who writes as the group
	Post      bool // in a channel, without an author
}

// Writes adds a message that somebody writes, and returns its id.
func (s *Server) Writes(w Writing) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	kind := "message"
	if w.Post {
		kind = "channel_post"
	}
	s.add(object{kind: s.writing(w)})
	return s.lastID
}

func (s *Server) writing(w Writing) object {
	at := w.At
	if at.IsZero() {
		at = s.now()
	}
	o := object{"message_id": s.lastID, "date": at.Unix(), "chat": chatOf(w.Chat)}
	if w.Caption != "" {
		o["caption"] = w.Caption
	} else {
		o["text"] = w.Text
	}
	switch {
	case w.Post:
		o["sender_chat"] = o["chat"]
		o["chat"].(object)["type"] = "channel"
	case w.Anonymous:
		o["sender_chat"] = o["chat"]
		o["from"] = object{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
	default:
		o["from"] = w.By.json()
	}
	if w.Topic != 0 {
		o["message_thread_id"], o["is_topic_message"] = w.Topic, true
	}
	if i := s.find(w.Chat, w.ReplyTo); i >= 0 {
		o["reply_to_message"] = s.messages[i].json()
	}
	return o
}

func (p Person) json() object { return object{"id": p.ID, "is_bot": false, "first_name": p.Name} }

func (s *Server) find(chat string, id int64) int {
	return slices.IndexFunc(s.messages, func(m Message) bool { return m.ID == id && m.Chat == chat })
}

// Presses adds a press of the button with the given label. If the message has no such button,
// label is sent as the data. Presses returns the id of the press.
func (s *Server) Presses(by Person, m Message, label string) string {
	data := label
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Text == label {
				data = b.Data
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(len(s.presses) + 1)
	s.presses[id] = ""
	s.add(object{"callback_query": object{"id": id, "from": by.json(), "message": m.json(), "data": data, "chat_instance": fmt.Sprint(m.ID)}})
	return id
}

// Answered returns the answer to a press; "" if there is none yet.
func (s *Server) Answered(press string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.presses[press]
}

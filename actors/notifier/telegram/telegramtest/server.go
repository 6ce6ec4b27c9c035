package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Token is the one that the server takes.
const Token = "123456:AAtest-token_of-the-fake-bot-api00"

// Message is one message as it stands in a chat.
type Message struct {
	ID      int64
	Chat    string
	Thread  int64
	Text    string // as it was sent, with its markup
	Plain   string // as people read it
	HTML    bool   // parse_mode was HTML
	ReplyTo int64
	Silent  bool
	At      time.Time
}

// FirstLine is the line that says what it is about.
func (m Message) FirstLine() string {
	first, _, _ := strings.Cut(m.Plain, "\n")
	return first
}

// Server is a Bot API server.
type Server struct {
	http     *httptest.Server
	mu       sync.Mutex
	messages []Message
	requests int
	faults   []Fault
	always   Fault // while there are no more faults; nil: well
	changed  chan struct{}
	now      func() time.Time
	waiting  []map[string]any // updates that nobody confirmed
}

// New starts a server on a free loopback port.
func New() *Server {
	s := newServer(time.Now)
	s.http = httptest.NewServer(s)
	return s
}

func newServer(now func() time.Time) *Server {
	return &Server{changed: make(chan struct{}), now: now}
}

// InMemory makes a server without a socket, for virtual time: reach it through
// Transport.
func InMemory(now func() time.Time) *Server { return newServer(now) }

// URL is what WATCHDOG_TELEGRAM_API_URL is to be.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server.
func (s *Server) Close() {
	if s.http != nil {
		s.http.CloseClientConnections()
		s.http.Close()
	}
}

// Fail lets the next requests fail, one fault each.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Always lets every request fail so, once the faults of Fail are used up; nil ends it.
func (s *Server) Always(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = fault
}

// Messages lists what stands in the chats, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Requests is how many requests came in.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Wait waits until what stands in the chats is as wanted, and gives it.
func (s *Server) Wait(ctx context.Context, wanted func([]Message) bool) ([]Message, error) {
	for {
		s.mu.Lock()
		messages, changed := append([]Message(nil), s.messages...), s.changed
		s.mu.Unlock()
		if wanted(messages) {
			return messages, nil
		}
		select {
		case <-ctx.Done():
			return messages, fmt.Errorf("the chat did not become as wanted: %w; it holds %q", ctx.Err(), firstLines(messages))
		case <-changed:
		}
	}
}

func firstLines(messages []Message) []string {
	lines := make([]string, len(messages))
	for i, m := range messages {
		lines[i] = m.FirstLine()
	}
	return lines
}

// ServeHTTP answers one request as Telegram would.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := s.next()
	form, err := readForm(r)
	if err != nil {
		answer(w, Refusal{Code: 400, Description: "Bad Request: " + err.Error()})
		return
	}
	if fault != nil {
		fault.fail(w, r, func() { s.accept(form) })
		return
	}
	s.handle(w, r, form)
}

func (s *Server) next() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(s.faults) == 0 {
		return s.always
	}
	fault := s.faults[0]
	s.faults = s.faults[1:]
	return fault
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request, form map[string]string) {
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	switch {
	case !ok || token != Token:
		answer(w, Refusal{Code: 401, Description: "Unauthorized"})
	case strings.EqualFold(method, "getMe"):
		result(w, map[string]any{"id": 123456, "is_bot": true, "first_name": "watchdog", "username": "watchdog_bot"})
	case strings.EqualFold(method, "getUpdates"):
		s.updates(w, form)
	case !strings.EqualFold(method, "sendMessage"):
		answer(w, Refusal{Code: 404, Description: "Not Found"})
	default:
		if refusal := check(form); refusal != nil {
			answer(w, *refusal)
			return
		}
		m := s.accept(form)
		result(w, map[string]any{
			"message_id": m.ID, "date": m.At.Unix(), "text": m.Plain,
			"chat": map[string]any{"id": json.RawMessage(chatNumber(m.Chat)), "type": "private"},
		})
	}
}

func chatNumber(chat string) string {
	if _, err := strconv.ParseInt(chat, 10, 64); err != nil {
		return "-100"
	}
	return chat
}

// accept puts a message into its chat.
func (s *Server) accept(form map[string]string) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := Message{
		ID: int64(len(s.messages) + 1), Chat: form["chat_id"], Text: form["text"], Plain: form["text"],
		HTML: strings.EqualFold(form["parse_mode"], "HTML"), Silent: form["disable_notification"] == "true", At: s.now(),
	}
	if m.HTML {
		m.Plain, _ = plainText(m.Text)
	}
	m.Thread, _ = strconv.ParseInt(form["message_thread_id"], 10, 64)
	var reply struct {
		ID int64 `json:"message_id"`
	}
	_ = json.Unmarshal([]byte(form["reply_parameters"]), &reply)
	m.ReplyTo = reply.ID
	s.messages = append(s.messages, m)
	close(s.changed)
	s.changed = make(chan struct{})
	return m
}

// Transport reaches the server without a socket.
func (s *Server) Transport() http.RoundTripper { return inMemory{s} }

type inMemory struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	broken := false
	func() {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				broken = true
			}
		}()
		t.server.ServeHTTP(recorder, r)
	}()
	switch {
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case broken:
		return nil, fmt.Errorf("read: connection reset by peer")
	}
	return recorder.Result(), nil
}

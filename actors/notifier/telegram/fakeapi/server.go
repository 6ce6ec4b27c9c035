package fakeapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Token is the token that the server accepts.
const Token = "123456:AAtest-token_of-the-fake-bot-api00"

// Message is a message in a chat.
type Message struct {
	ID      int64
	Chat    string
	Thread  int64
	Text    string // as sent, with markup
	Plain   string // as people read it, without markup
	HTML    bool   // parse_mode was HTML
	ReplyTo int64
	Silent  bool
	At      time.Time
	Buttons [][]Button // the present rows
	Picture bool       // it is a PNG with Text as its caption
	Edits   int        // the number of changes of the buttons
	code    []span     // the monospaced parts of the plain text
}

// Button is one inline button of a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// Labels returns the texts of the buttons in one line.
func (m Message) Labels() string {
	var labels []string
	for _, row := range m.Buttons {
		for _, b := range row {
			labels = append(labels, b.Text)
		}
	}
	return strings.Join(labels, " | ")
}

// FirstLine returns the first line of the plain text.
func (m Message) FirstLine() string {
	first, _, _ := strings.Cut(m.Plain, "\n")
	return first
}

// Server is a Bot API server.
type Server struct {
	http     *http.Server
	address  string
	mu       sync.Mutex
	messages []Message
	lastID   int64              // of messages, including those of people
	asked    map[string]int     // numbers of requests, by method
	faults   map[string][]Fault // for the next requests, by method
	always   map[string]Fault   // after the faults, by method; everything: for every method
	refused  string             // messages with this text are refused; empty: none
	changed  chan struct{}
	now      func() time.Time

	waiting    []map[string]any  // updates that are not confirmed
	confirmed  []map[string]any  // updates that are confirmed
	lastUpdate int               // the id of the last update
	polls      int               // the number of polls
	presses    map[string]string // the answers to presses of buttons, by id of the press
}

// everything is the key for every method.
const everything = ""

// New starts a server on a free loopback port. It panics if there is none.
func New() *Server {
	s := newServer(time.Now)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("the fake Bot API has no port: %v", err))
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.http.Serve(listener) }() // until Close
	return s
}

func newServer(now func() time.Time) *Server {
	return &Server{
		changed: make(chan struct{}), now: now, asked: make(map[string]int), faults: make(map[string][]Fault), always: make(map[string]Fault),
		presses: make(map[string]string),
	}
}

// InMemory returns a server without a socket, for virtual time. It is reached through Transport.
func InMemory(now func() time.Time) *Server { return newServer(now) }

// URL returns the value for WATCHDOG_TELEGRAM_API_URL.
func (s *Server) URL() string { return "http://" + s.address }

// Close stops the server.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
}

// Fail makes the next messages fail, one fault each.
func (s *Server) Fail(faults ...Fault) { s.FailOn("sendMessage", faults...) }

// FailOn makes the next requests of a method fail, one fault each.
func (s *Server) FailOn(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	method = strings.ToLower(method)
	s.faults[method] = append(s.faults[method], faults...)
}

// Always makes every request fail, after the faults of Fail are used up; nil ends it.
func (s *Server) Always(fault Fault) { s.AlwaysOn(everything, fault) }

// Refuse makes the server refuse every message with the word in its text; "" ends it.
func (s *Server) Refuse(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = word
}

// AlwaysOn makes every request of a method fail; nil ends it.
func (s *Server) AlwaysOn(method string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always[strings.ToLower(method)] = fault
	s.wake() // waiting polls
}

// Messages returns the bot's messages in all chats, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Asked returns the number of requests of a method.
func (s *Server) Asked(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[strings.ToLower(method)]
}

// Requests returns the number of all requests.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.asked {
		all += n
	}
	return all
}

// Wait waits until the messages are as wanted, and returns them.
func (s *Server) Wait(ctx context.Context, wanted func([]Message) bool) ([]Message, error) {
	for {
		s.mu.Lock()
		messages, changed := slices.Clone(s.messages), s.changed
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
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	method = strings.ToLower(method)
	fault := s.next(method)
	form, err := readForm(r)
	if err != nil {
		answer(w, Refusal{Code: 400, Description: "Bad Request: " + err.Error()})
		return
	}
	switch {
	case fault != nil:
		fault.fail(w, r, func() { _, _ = s.perform(method, form) })
	case !ok || token != Token:
		answer(w, Refusal{Code: 401, Description: "Unauthorized"})
	case method == "getupdates":
		s.updates(w, r, form)
	default:
		value, refusal := s.perform(method, form)
		if refusal != nil {
			answer(w, *refusal)
			return
		}
		result(w, value)
	}
}

// next counts a request and returns its fault; nil: none.
func (s *Server) next(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[method]++
	if faults := s.faults[method]; len(faults) > 0 {
		s.faults[method] = faults[1:]
		return faults[0]
	}
	return s.standing(method)
}

func (s *Server) standing(method string) Fault {
	if fault := s.always[method]; fault != nil {
		return fault
	}
	return s.always[everything]
}

// wake wakes everyone who waits for a change.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Transport returns a transport that reaches the server without a socket.
func (s *Server) Transport() http.RoundTripper { return inMemory{s} }

type inMemory struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := &recorder{header: make(http.Header), code: http.StatusOK}
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
	return &http.Response{
		StatusCode: recorder.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: recorder.header, Body: io.NopCloser(&recorder.body), ContentLength: -1,
	}, nil
}

// recorder records an answer.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) { r.code = code }

// Write implements http.ResponseWriter.
func (r *recorder) Write(text []byte) (int, error) { return r.body.Write(text) }

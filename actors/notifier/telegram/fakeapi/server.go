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
	Buttons [][]Button // rows, as they are now
	Picture bool       // a PNG; the text is its caption
	Edits   int        // how often the buttons were changed
	code    []span     // the monospaced parts of the plain text
}

// Button is one inline button of a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// Labels are the texts of the buttons, in one line.
func (m Message) Labels() string {
	var labels []string
	for _, row := range m.Buttons {
		for _, b := range row {
			labels = append(labels, b.Text)
		}
	}
	return strings.Join(labels, " | ")
}

// FirstLine is the line that says what it is about.
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
	lastID   int64              // of a message, people's included
	asked    map[string]int     // requests, by method
	faults   map[string][]Fault // of the next requests, by method
	always   map[string]Fault   // by method, while there are no more faults; everything: of every method
	refused  string             // messages that hold it are refused; empty: none
	changed  chan struct{}
	now      func() time.Time

	waiting    []map[string]any  // updates that nobody confirmed
	confirmed  []map[string]any  // the last ones that were
	lastUpdate int               // id
	polls      int               // how many were begun
	presses    map[string]string // of buttons, by id: what was answered
	written    map[int64]object  // what people wrote, by message id
}

// everything stands for every method.
const everything = ""

// New starts a server on a free loopback port. It panics where there is none.
func New() *Server {
	s := newServer(time.Now)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("the stand-in for Telegram has no port: %v", err))
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.http.Serve(listener) }() // until Close
	return s
}

func newServer(now func() time.Time) *Server {
	return &Server{
		changed: make(chan struct{}), now: now, asked: make(map[string]int), faults: make(map[string][]Fault), always: make(map[string]Fault),
		presses: make(map[string]string), written: make(map[int64]object),
	}
}

// InMemory makes a server without a socket, for virtual time: reach it through
// Transport.
func InMemory(now func() time.Time) *Server { return newServer(now) }

// URL is what WATCHDOG_TELEGRAM_API_URL is to be.
func (s *Server) URL() string { return "http://" + s.address }

// Close ends the server.
func (s *Server) Close() {
	if s.http != nil {
		_ = s.http.Close()
	}
}

// Fail lets the next messages fail, one fault each.
func (s *Server) Fail(faults ...Fault) { s.FailOn("sendMessage", faults...) }

// FailOn lets the next requests of a method fail, one fault each.
func (s *Server) FailOn(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	method = strings.ToLower(method)
	s.faults[method] = append(s.faults[method], faults...)
}

// Always lets every request fail so, once the faults of Fail are used up; nil ends it.
func (s *Server) Always(fault Fault) { s.AlwaysOn(everything, fault) }

// Refuse refuses every message whose text holds the word, in whatever form; "" ends it.
func (s *Server) Refuse(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = word
}

// AlwaysOn lets every request of a method fail so; nil ends it.
func (s *Server) AlwaysOn(method string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always[strings.ToLower(method)] = fault
	s.wake() // polls under way
}

// Messages lists what the bot said in the chats, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Asked is how many requests of a method came in.
func (s *Server) Asked(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[strings.ToLower(method)]
}

// Requests is how many requests of any method came in.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.asked {
		all += n
	}
	return all
}

// Wait waits until what stands in the chats is as wanted, and gives it.
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

// next counts a request, and gives the fault that it is to have.
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

// wake lets those look who wait for a change.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Transport reaches the server without a socket.
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

// recorder keeps an answer.
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

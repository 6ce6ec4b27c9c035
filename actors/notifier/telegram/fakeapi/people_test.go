package fakeapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// asks calls a method and returns the answer.
func asks(t *testing.T, s *Server, method string, form url.Values) (answer struct {
	Code   int             `json:"error_code"`
	Said   string          `json:"description"`
	Result json.RawMessage `json:"result"`
}) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/bot"+Token+"/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Error(err)
	}
	return answer
}

// Each poll returns all texts and presses that are not confirmed yet.
func TestUpdatesAreReturnedUntilConfirmed(t *testing.T) {
	s := InMemory(time.Now)
	asks(t, s, "sendMessage", url.Values{"chat_id": {"-1"}, "text": {"<b>x</b> <code>a&amp;b</code>"}, "parse_mode": {"HTML"}, "reply_markup": {`{"inline_keyboard":[[{"text":"Ack","callback_data":"d"}]]}`}})
	said := s.Messages()[0]
	s.Writes(Writing{Chat: "-1", By: Person{7, "Ann"}, Text: "/ack", ReplyTo: said.ID})
	s.Presses(Person{7, "Ann"}, said, "Ack")
	all := string(asks(t, s, "getUpdates", nil).Result)
	for _, want := range []string{`"entities":[{"length":3,"offset":2,"type":"code"}]`, `"text":"x a\u0026b"`, `"callback_data":"d"`, `"data":"d"`, `"update_id":2`} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
	if again := string(asks(t, s, "getUpdates", url.Values{"offset": {"1"}}).Result); again != all {
		t.Errorf("then %s", again)
	}
	if rest := string(asks(t, s, "getUpdates", url.Values{"offset": {"3"}}).Result); rest != "[]" || s.Unconfirmed() != 0 {
		t.Errorf("then %s", rest)
	}
}

// Of two simultaneous polls, the first is refused and the second waits.
func TestOfTwoPollsTheFirstIsRefused(t *testing.T) {
	s := InMemory(time.Now)
	first := make(chan int)
	go func() { first <- asks(t, s, "getUpdates", url.Values{"timeout": {"20"}}).Code }()
	for s.Asked("getUpdates") == 0 {
		time.Sleep(time.Millisecond)
	}
	second := make(chan string)
	go func() { second <- string(asks(t, s, "getUpdates", url.Values{"timeout": {"20"}}).Result) }()
	if code := <-first; code != http.StatusConflict {
		t.Errorf("the first got %d", code)
	}
	s.Writes(Writing{Chat: "-1", Text: "hello"})
	if got := <-second; !strings.Contains(got, "hello") {
		t.Errorf("the second got %s", got)
	}
}

// An edit that changes nothing, a second answer to a press, and data that is too long are refused
// as Telegram does.
func TestWhatTelegramRefuses(t *testing.T) {
	s := InMemory(time.Now)
	asks(t, s, "sendMessage", url.Values{"chat_id": {"-1"}, "text": {"x"}})
	press := s.Presses(Person{7, "Ann"}, s.Messages()[0], "data")
	answer := url.Values{"callback_query_id": {press}, "text": {"done"}}
	for _, c := range []struct {
		method string
		form   url.Values
		want   string
	}{
		{"answerCallbackQuery", answer, ""}, {"answerCallbackQuery", answer, "query is too old"},
		{"editMessageReplyMarkup", url.Values{"chat_id": {"-1"}, "message_id": {"1"}}, "not modified"},
		{"editMessageReplyMarkup", url.Values{"chat_id": {"-1"}, "message_id": {"9"}}, "not found"},
		{"sendMessage", url.Values{"chat_id": {"-1"}, "text": {"x"}, "reply_markup": {`{"inline_keyboard":[[{"text":"Ack","callback_data":"` + strings.Repeat("x", 65) + `"}]]}`}}, "BUTTON_DATA_INVALID"},
	} {
		if got := asks(t, s, c.method, c.form).Said; c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.method, got, c.want)
		}
	}
	if s.Answered(press) != "done" {
		t.Errorf("answered %q", s.Answered(press))
	}
}

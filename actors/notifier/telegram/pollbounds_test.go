package telegram_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"orchestrator-watchdog/actors/notifier"
	"orchestrator-watchdog/actors/notifier/telegram"
	"orchestrator-watchdog/actors/notifier/telegram/fakeapi"
	"orchestrator-watchdog/messages/secret"
)

// polled returns the updates for a poll with an offset and a limit, as JSON.
type polled func(offset, limit int) string

// RoundTrip implements http.RoundTripper.
func (p polled) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		return nil, err
	}
	body := `{"ok":true,"result":{"username":"watchdog_bot"}}`
	if strings.HasSuffix(r.URL.Path, "/getUpdates") {
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		body = `{"ok":true,"result":[` + p(offset, limit) + `]}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func written(id int, text string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":1,"date":1,"chat":{"id":-1001,"type":"group"},"from":{"id":7,"first_name":"Ann"},"text":%s}}`, id, text)
}

// hears runs a poller in virtual time for the given time, and returns the texts that it heard.
func hears(t *testing.T, server polled, now func() time.Time, within time.Duration) (texts []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := telegram.NewPoller(telegram.PollOptions{
			Bot:   telegram.Options{Name: "telegram", Token: secret.New(fakeapi.Token), Transport: server, Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()},
			Chats: map[string]string{"-1001": "telegram"}, Failing: func([]string, string) {}, Listening: func(bool) {}, Log: zap.NewNop(), Now: now,
			Handle: func(_ context.Context, s telegram.Incoming) string { texts = append(texts, s.Text); return "" },
		})
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_ = p.Serve(ctx)
	})
	return texts
}

// A server that returns an empty answer at once is polled once a second.
func TestAServerThatDoesNotWaitIsNotFlooded(t *testing.T) {
	polls := 0
	hears(t, func(int, int) string { polls++; return "" }, time.Now, time.Minute)
	if polls < 50 || polls > 65 {
		t.Errorf("%d polls in a minute", polls)
	}
}

// An update that can't be decoded is skipped, and does not block the updates after it.
func TestAnUpdateThatCannotBeDecodedIsSkipped(t *testing.T) {
	texts := hears(t, func(offset, _ int) string {
		if offset > 3 {
			return ""
		}
		return written(1, `"/one"`) + "," + written(2, `{"not":"a text"}`) + "," + written(3, `"/three"`)
	}, time.Now, time.Minute)
	if got := strings.Join(texts, " "); got != "/one /three" {
		t.Errorf("heard %q", got)
	}
}

// Updates that are too long for one answer are fetched one by one.
func TestUpdatesThatAreTooLongTogether(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	texts := hears(t, func(offset, limit int) string {
		var all []string
		for id := max(1, offset); id <= 6 && len(all) < limit; id++ {
			all = append(all, written(id, fmt.Sprintf(`"/%d%s"`, id, long)))
		}
		return strings.Join(all, ",")
	}, time.Now, 10*time.Minute)
	if len(texts) != 6 {
		t.Errorf("heard %d of 6", len(texts))
	}
}

// After a quiet week Telegram restarts its update ids at random. Updates with lower ids are heard too.
func TestUpdateIDsThatRestartAfterAQuietWeek(t *testing.T) {
	polls, quiet := 0, time.Duration(0)
	texts := hears(t, func(offset, _ int) string {
		polls++
		switch {
		case polls == 1:
			return written(1000, `"/before"`)
		case polls == 2:
			quiet = 7 * 24 * time.Hour
		case offset <= 5:
			return written(5, `"/after"`)
		}
		return ""
	}, func() time.Time { return time.Now().Add(quiet) }, time.Minute)
	if got := strings.Join(texts, " "); got != "/before /after" {
		t.Errorf("heard %q", got)
	}
}

// While another program polls for a quarter of an hour, this one stands back, which is no failure.
// Then it hears again what people write, including what they wrote meanwhile.
func TestThePollerReturnsAfterAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := fakeapi.InMemory(time.Now)
		api.AlwaysOn("getUpdates", fakeapi.Conflict)
		heard := map[string]time.Duration{}
		var listens atomic.Bool
		listens.Store(true)
		began := time.Now()
		p := telegram.NewPoller(telegram.PollOptions{
			Bot:   telegram.Options{Name: "telegram", Token: secret.New(fakeapi.Token), Transport: api.Transport(), Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()},
			Chats: map[string]string{"-1001": "telegram"}, Log: zap.NewNop(), Now: time.Now,
			Failing: func(_ []string, reason string) { t.Errorf("a failure: %q", reason) }, Listening: listens.Store,
			Handle: func(_ context.Context, s telegram.Incoming) string { heard[s.Text] = time.Since(began); return "" },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Serve(ctx) }()
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if n := api.Asked("getUpdates"); n != 2 || listens.Load() {
			t.Errorf("%d polls in nine minutes; listens: %t", n, listens.Load())
		}
		time.Sleep(6 * time.Minute)
		api.Writes(fakeapi.Writing{Chat: "-1001", By: fakeapi.Person{ID: 7, Name: "Ann"}, Text: "/meanwhile"})
		api.AlwaysOn("getUpdates", nil)
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		cancel()
		<-done
		if at := heard["/meanwhile"]; at == 0 || at > 21*time.Minute || !listens.Load() {
			t.Errorf("heard after %s; listens: %t", at, listens.Load())
		}
	})
}

// Polls that fail for five minutes are reported once, with a reason that does not hold the token.
// Their recovery is reported once.
func TestFailingPollsAreReportedOnce(t *testing.T) {
	for name, fault := range map[string]fakeapi.Fault{
		"a page": fakeapi.Page{Status: http.StatusOK}, "500": fakeapi.ServerError, "401": fakeapi.Unauthorized, "a reset": fakeapi.Reset{}, "no answer": fakeapi.Hang{},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := fakeapi.InMemory(time.Now)
				api.Always(fault)
				began := time.Now()
				type report struct {
					reason string
					after  time.Duration
				}
				said := make(chan report, 100)
				p := telegram.NewPoller(telegram.PollOptions{
					Bot:   telegram.Options{Name: "telegram", Token: secret.New(fakeapi.Token), Transport: api.Transport(), Style: notifier.Style{Zone: time.UTC}, Log: zap.NewNop()},
					Chats: map[string]string{"-1001": "telegram"}, Listening: func(bool) {}, Log: zap.NewNop(), Now: time.Now,
					Failing: func(_ []string, reason string) { said <- report{reason, time.Since(began)} },
					Handle:  func(context.Context, telegram.Incoming) string { return "" },
				})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- p.Serve(ctx) }()
				time.Sleep(20 * time.Minute)
				if first := <-said; first.reason == "" || first.after < 5*time.Minute || first.after > 8*time.Minute || strings.Contains(first.reason, fakeapi.Token) {
					t.Errorf("reported %q after %s", first.reason, first.after)
				}
				if len(said) != 0 {
					t.Errorf("and then %q", (<-said).reason)
				}
				api.Always(nil)
				time.Sleep(5 * time.Minute)
				if last := <-said; last.reason != "" || len(said) != 0 {
					t.Errorf("at the end %q, and %d more", last.reason, len(said))
				}
				cancel()
				<-done
			})
		})
	}
}

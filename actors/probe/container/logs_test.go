package container

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hanging is a body whose reads hang until the context ends.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

func (hanging) Close() error { return nil }

// A log that does not come in time is left out. If a part of it came, that part is shown.
func TestALogThatHangsIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(r *http.Request) (io.ReadCloser, error)
		want   string
	}{
		"no answer": {func(r *http.Request) (io.ReadCloser, error) {
			_, err := hanging{r.Context()}.Read(nil)
			return nil, err
		}, "[]"},
		"no body": {func(r *http.Request) (io.ReadCloser, error) { return hanging{r.Context()}, nil }, "[]"},
		"half a body": {func(r *http.Request) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("one\ntwo\n"), hanging{r.Context()})), nil
		}, "[one two]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := guarded(roundTripper(func(r *http.Request) (*http.Response, error) {
					answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Api-Version": {"1.41"}}, Body: http.NoBody, Request: r}
					if strings.HasSuffix(r.URL.Path, "/logs") {
						body, err := c.answer(r)
						if err != nil {
							return nil, err
						}
						answer.Body = body
					}
					return answer, nil
				}), true)
				if err != nil {
					t.Fatal(err)
				}
				facts := NewFacts(func(time.Time, string) {})
				facts.record("web", fact{id: "abc"}, time.Now())
				l := NewLogs(Endpoint{}, 3, facts)
				l.client = client
				const limit = 300 * time.Millisecond
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				if got := fmt.Sprint(l.Last(ctx, "web")); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if took := time.Since(began); took != limit {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

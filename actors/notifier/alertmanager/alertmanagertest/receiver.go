package alertmanagertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Receiver is a webhook that counts what Alertmanagers send.
type Receiver struct {
	URL  string
	mu   sync.Mutex
	told map[string]int
	n    int // requests
}

// NewReceiver starts a receiver, which stops at the end of the test.
func NewReceiver(t testing.TB) *Receiver {
	r := &Receiver{told: make(map[string]int)}
	server := httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func (r *Receiver) take(w http.ResponseWriter, req *http.Request) {
	var message struct {
		Alerts []struct {
			Status string            `json:"status"`
			Labels map[string]string `json:"labels"`
		} `json:"alerts"`
	}
	if err := json.NewDecoder(req.Body).Decode(&message); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	for _, a := range message.Alerts {
		r.told[a.Labels["instance"]+" "+a.Labels["signal"]+" "+a.Status]++
	}
}

// Told returns the number of alerts by "instance signal firing" or "instance signal resolved".
func (r *Receiver) Told() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.told)
}

// Messages returns the number of messages, each with one or more alerts.
func (r *Receiver) Messages() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

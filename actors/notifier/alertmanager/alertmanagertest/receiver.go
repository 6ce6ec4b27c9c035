package alertmanagertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Receiver is the webhook that Alertmanagers tell.
type Receiver struct {
	URL  string
	mu   sync.Mutex
	told map[string]int
	n    int // requests
}

// NewReceiver starts one, which ends with the test.
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

// Told is how often it was told what: counts by "instance signal firing" or "… resolved".
func (r *Receiver) Told() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.told)
}

// Messages is how many messages it got, each of one or more alerts.
func (r *Receiver) Messages() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

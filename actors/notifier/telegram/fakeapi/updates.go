package fakeapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Update adds an update in the form of Telegram's JSON, without its id.
func (s *Server) Update(update map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(update)
}

func (s *Server) add(update object) {
	s.lastUpdate++
	update = maps.Clone(update)
	update["update_id"] = s.lastUpdate
	s.waiting = append(s.waiting, update)
	s.wake()
}

// Again makes the next poll return the confirmed updates again, with their former ids.
func (s *Server) Again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.confirmed, s.waiting...)
	s.confirmed = nil
	s.wake()
}

// Unconfirmed returns the number of updates that are not confirmed.
func (s *Server) Unconfirmed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// updates answers getUpdates. An offset confirms the updates before it. With a timeout, the poll
// waits for an update. Of two simultaneous polls the first is refused.
func (s *Server) updates(w http.ResponseWriter, r *http.Request, form map[string]string) {
	s.mu.Lock()
	s.confirm(form["offset"])
	s.polls++
	mine := s.polls
	s.wake()
	s.mu.Unlock()
	seconds, _ := strconv.Atoi(form["timeout"])
	limit := time.NewTimer(time.Duration(seconds) * time.Second)
	defer limit.Stop()
	for {
		s.mu.Lock()
		all, changed, other, fault := slices.Clone(s.waiting), s.changed, s.polls != mine, s.standing("getupdates")
		s.mu.Unlock()
		if most, err := strconv.Atoi(form["limit"]); err == nil && most > 0 {
			all = all[:min(most, len(all))]
		}
		switch {
		case fault != nil:
			fault.fail(w, r, func() {})
			return
		case other && seconds > 0:
			answer(w, Conflict)
			return
		case len(all) > 0 || seconds == 0:
			result(w, all)
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			seconds = 0
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) confirm(from string) {
	offset, err := strconv.Atoi(from)
	for err == nil && offset != 0 && len(s.waiting) > 0 && (offset < 0 || s.waiting[0]["update_id"].(int) < offset) {
		s.confirmed = append(s.confirmed, s.waiting[0])
		s.waiting = s.waiting[1:]
	}
}

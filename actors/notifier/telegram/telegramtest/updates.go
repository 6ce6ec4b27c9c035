package telegramtest

import (
	"net/http"
	"strconv"
)

// Update lets people write to the bot: an update without its id, as Telegram's JSON has it.
func (s *Server) Update(update map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	update["update_id"] = len(s.waiting) + 1
	s.waiting = append(s.waiting, update)
}

// Unconfirmed is how many updates Telegram still keeps for the bot.
func (s *Server) Unconfirmed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// updates answers getUpdates: an offset confirms what is before it.
func (s *Server) updates(w http.ResponseWriter, form map[string]string) {
	s.mu.Lock()
	if offset, err := strconv.Atoi(form["offset"]); err == nil && offset != 0 {
		for len(s.waiting) > 0 && (offset < 0 || s.waiting[0]["update_id"].(int) < offset) {
			s.waiting = s.waiting[1:]
		}
	}
	all := append([]map[string]any{}, s.waiting...)
	s.mu.Unlock()
	result(w, all)
}

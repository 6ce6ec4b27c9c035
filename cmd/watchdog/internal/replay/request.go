package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/messages"
)

// request is a line about a request of a person: acknowledged, silenced or unsilenced.
type request struct {
	Msg     string       `json:"msg"`
	Signal  messages.Key `json:"signal"`
	ID      string       `json:"id"`
	Signals []string     `json:"signals"`
	Until   time.Time    `json:"until"`
	By      string       `json:"by"`
	Reason  string       `json:"reason"`
	Channel string       `json:"channel"`
}

// request reads the line a second time, for fields that only such lines have.
func (f *fields) request(line []byte) (record, error) {
	at, err := f.time()
	if err != nil {
		return record{}, err
	}
	r := new(request)
	if err := json.Unmarshal(line, r); err != nil {
		return record{}, fmt.Errorf("an event %s that the watchdog did not log: %w", f.Msg, err)
	}
	if err := r.validate(); err != nil {
		return record{}, err
	}
	return record{at: at, what: asked, request: r}, nil
}

func (r *request) validate() error {
	switch {
	case r.Msg == "acknowledged" && r.Signal == "":
		return errors.New("an event acknowledged that does not name its signal")
	case r.Msg == "silenced" && (len(r.Signals) == 0 || r.Until.IsZero()):
		return errors.New("an event silenced without signals or without until")
	case r.Msg == "unsilenced" && r.ID == "":
		return errors.New("an event unsilenced without an id")
	}
	return nil
}

// message returns the request as a message to the core at the given time.
func (r *request) message(at time.Time) messages.Message {
	by := messages.Asker{Name: r.By, Channel: r.Channel}
	switch r.Msg {
	case "silenced":
		return messages.Silence{At: at, By: by, Signals: r.Signals, For: r.Until.Sub(at), Reason: r.Reason, ID: r.ID}
	case "unsilenced":
		return messages.Unsilence{At: at, By: by, IDs: []string{r.ID}}
	}
	return messages.Acknowledge{At: at, By: by, Troubles: []messages.Trouble{{Signal: r.Signal}}}
}

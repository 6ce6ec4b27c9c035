package operate

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"orchestrator-watchdog/actors/control"
	"orchestrator-watchdog/actors/history"
	"orchestrator-watchdog/actors/history/chart"
	"orchestrator-watchdog/messages"
)

// DefaultOver is how long back a chart looks where nobody says.
const DefaultOver = 6 * time.Hour

// ChartRequest asks for the chart of one signal.
type ChartRequest struct {
	Key     string        `json:"key"`
	Over    time.Duration `json:"over"`
	Picture bool          `json:"picture"` // as PNG, in base64; else as text for the screen
	Screen  chart.Screen  `json:"screen"`
}

// Request is the command that asks for it.
func (r ChartRequest) Request() control.Request { return requestOf("chart", r) }

// chart draws the values of a signal.
func (o *Operator) chart(_ context.Context, r control.Request) control.Answer {
	var ask ChartRequest
	if refusal, ok := understood(r, &ask); !ok {
		return refusal
	}
	series, err := o.series(ask.Key, ask.Over)
	if err != nil {
		return failed(err)
	}
	if !ask.Picture {
		return control.Answer{Output: chart.Text(series, ask.Screen, o.Zone)}
	}
	picture, err := chart.PNG(series, o.Zone)
	if err != nil {
		return failed(err)
	}
	return control.Answer{Output: base64.StdEncoding.EncodeToString(picture)}
}

// series is the history of the signal that is meant.
func (o *Operator) series(word string, over time.Duration) (history.Series, error) {
	v, err := find(o.Core.State().Signals(), word)
	if err != nil {
		return history.Series{}, err
	}
	return remembered(o.History, v.Key, over, o.Now())
}

// remembered is the history of a signal, or says why there is none.
func remembered(store *history.Store, key messages.Key, over time.Duration, now time.Time) (history.Series, error) {
	if store == nil {
		return history.Series{}, errors.New("nothing is remembered: WATCHDOG_HISTORY is 0")
	}
	series, ok := store.Series(key, min(over, store.Keeps()), now)
	if !ok || len(series.Samples) == 0 {
		return series, fmt.Errorf("nothing is remembered of %s: it is no reading of a probe, or there was none in this time", key)
	}
	return series, nil
}

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

// DefaultOver is the default time span of a chart.
const DefaultOver = 6 * time.Hour

// ChartRequest asks for the chart of one signal.
type ChartRequest struct {
	Key     string        `json:"key"`
	Over    time.Duration `json:"over"`
	Picture bool          `json:"picture"` // PNG in base64; otherwise text for the screen
	Screen  chart.Screen  `json:"screen"`
}

// Request returns it as a request to the daemon.
func (r ChartRequest) Request() control.Request { return encodeRequest("chart", r) }

// chart answers with the chart of a signal.
func (o *Operator) chart(_ context.Context, r control.Request) control.Answer {
	var ask ChartRequest
	if refusal, ok := decodeRequest(r, &ask); !ok {
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

// series returns the history of the signal that the word means.
func (o *Operator) series(word string, over time.Duration) (history.Series, error) {
	v, err := find(o.Core.State().Signals(), word)
	if err != nil {
		return history.Series{}, err
	}
	return seriesOf(o.History, v.Key, over, o.Now())
}

// seriesOf returns the history of a signal. Its error says why there is none.
func seriesOf(store *history.Store, key messages.Key, over time.Duration, now time.Time) (history.Series, error) {
	if store == nil {
		return history.Series{}, errors.New("there is no history: WATCHDOG_HISTORY is 0")
	}
	series, ok := store.Series(key, min(over, store.Retention()), now)
	if !ok || len(series.Samples) == 0 {
		return series, fmt.Errorf("there is no history of %s: no probe reads it, or there was no reading in this time", key)
	}
	return series, nil
}

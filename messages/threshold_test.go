package messages_test

import (
	"testing"

	"pgregory.net/rapid"

	"orchestrator-watchdog/messages"
)

// A level is raised above its bound, and left only a band below it. The bands of warning and
// critical have the same width.
func TestLevelsHaveHysteresis(t *testing.T) {
	memory := messages.Threshold{Raise: 92, Clear: 88, RaiseCritical: 97}
	for name, c := range map[string]struct {
		threshold messages.Threshold
		values    []float64
		want      []messages.Level
	}{
		"at raise is still ok":             {memory, []float64{92, 92.1}, []messages.Level{messages.OK, messages.Warning}},
		"between clear and raise it stays": {memory, []float64{90, 93, 90, 88.1, 88, 90}, []messages.Level{messages.OK, messages.Warning, messages.Warning, messages.Warning, messages.OK, messages.OK}},
		"critical and back, step by step":  {memory, []float64{98, 94, 93, 90, 88}, []messages.Level{messages.Critical, messages.Critical, messages.Warning, messages.Warning, messages.OK}},
		"critical to between is a warning": {memory, []float64{98, 90}, []messages.Level{messages.Critical, messages.Warning}},
		"without critical":                 {messages.Threshold{Raise: 2, Clear: 1.8}, []float64{100, 1.9, 1.8}, []messages.Level{messages.Warning, messages.Warning, messages.OK}},
		"critical at once":                 {messages.Threshold{Raise: 97, Clear: 96, RaiseCritical: 97}, []float64{97, 97.1, 96.5, 96}, []messages.Level{messages.OK, messages.Critical, messages.Critical, messages.OK}},
		"clear above raise is no band":     {messages.Threshold{Raise: 5, Clear: 9}, []float64{6, 5}, []messages.Level{messages.Warning, messages.OK}},
	} {
		t.Run(name, func(t *testing.T) {
			level := messages.OK
			for i, value := range c.values {
				if level = c.threshold.Level(value, level); level != c.want[i] {
					t.Fatalf("value %g (number %d): %s, want %s", value, i, level, c.want[i])
				}
			}
		})
	}
}

// A higher value never has a lower level, and a worse level before never leads to a better one.
func TestLevelsAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clearAt := rapid.Float64Range(0, 100).Draw(t, "clear")
		raise := rapid.Float64Range(clearAt, 100).Draw(t, "raise")
		threshold := messages.Threshold{Raise: raise, Clear: clearAt, RaiseCritical: rapid.Float64Range(raise, 100).Draw(t, "critical")}
		low := rapid.Float64Range(0, 110).Draw(t, "low")
		high := rapid.Float64Range(low, 110).Draw(t, "high")
		well := rapid.SampledFrom([]messages.Level{messages.OK, messages.Warning}).Draw(t, "well")
		bad := rapid.SampledFrom([]messages.Level{well, messages.Critical}).Draw(t, "bad")
		if threshold.Level(low, well) > threshold.Level(high, well) {
			t.Fatalf("%+v after %s: %g is worse than %g", threshold, well, low, high)
		}
		if threshold.Level(low, well) > threshold.Level(low, bad) {
			t.Fatalf("%+v: %g is worse after %s than after %s", threshold, low, well, bad)
		}
	})
}

// A judged observation has its bound as text and number. Critical has its own bound.
func TestAnObservationKnowsItsBound(t *testing.T) {
	memory := messages.Threshold{Raise: 92, Clear: 88, RaiseCritical: 97}
	for value, want := range map[float64]messages.Observation{
		50: {Threshold: "> 92 %", Bound: 92}, 93: {Level: messages.Warning, Threshold: "> 92 %", Bound: 92}, 98: {Level: messages.Critical, Threshold: "> 97 %", Bound: 97},
	} {
		want.Bounded = true
		if got := memory.Judge(messages.Observation{}.WithValue(value), messages.OK, " %"); got != want.WithValue(value) {
			t.Errorf("%g: got %+v, want %+v", value, got, want)
		}
	}
}

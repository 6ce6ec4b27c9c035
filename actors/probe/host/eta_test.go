package host_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

const mib = 256 // blocks of 4096 bytes

// filling observes a file system every 15 s, and returns the last observation. free returns the
// free space at each minute, in MiB.
func filling(t *testing.T, minutes int, free func(minute int) float64) messages.Observation {
	t.Helper()
	d := newDisk(t)
	d.options.ETA = true
	d.fs.Blocks = 1_000_000 * mib
	m := d.probe()
	var last messages.Observation
	for minute := range minutes + 1 {
		d.fs.Bavail = uint64(free(minute) * mib)
		d.fs.Bfree = d.fs.Bavail
		for range 4 {
			last = one(t, m, "host_disk_eta:/data")
			d.now = d.now.Add(15 * time.Second)
		}
	}
	return last
}

// Steady filling is raised by the hours left. Filling that is short, noisy or over is not.
func TestTimeUntilFull(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	steady := func(from, perMinute float64) func(int) float64 {
		return func(minute int) float64 { return from - perMinute*float64(minute) }
	}
	for name, c := range map[string]struct {
		minutes int
		free    func(int) float64
		want    messages.Level
	}{
		"not filling":                          {90, steady(10_000, 0), messages.OK},
		"full in 20 h":                         {60, steady(12_600, 10), messages.OK},
		"full in 7 h":                          {60, steady(4_800, 10), messages.Warning},
		"full in 1 h":                          {60, steady(1_200, 10), messages.Critical},
		"full in 1 h, for 20 min only":         {20, steady(800, 10), messages.OK},
		"full in 1 h, seen for half an hour":   {31, steady(900, 10), messages.Critical},
		"emptying":                             {60, steady(1_000, -10), messages.OK},
		"a copy of ten minutes, half an h ago": {60, func(m int) float64 { return 20_000 - 1_500*float64(min(max(m-25, 0), 10)) }, messages.OK},
		"a copy of the last ten minutes":       {60, func(m int) float64 { return 20_000 - 1_500*float64(max(m-50, 0)) }, messages.OK},
		"a copy on top of slow filling":        {60, func(m int) float64 { return 10_000 - float64(m) - 800*float64(min(max(m-25, 0), 10)) }, messages.OK},
		"a log that is rotated every hour":     {150, func(m int) float64 { return 5_000 - 60*float64(m%60) }, messages.OK},
		"a log that is rotated every 10 min":   {60, func(m int) float64 { return 1_000 - 50*float64(m%10) }, messages.OK},
		"up and down by half of what is free":  {120, func(int) float64 { return 2_000 + 1_000*noise.Float64() }, messages.OK},
		"up and down, and down a little more":  {60, func(m int) float64 { return 600 - 300*float64(m/5%2) - 20*float64(m/10) }, messages.OK},
		"filling, with a little noise":         {60, func(m int) float64 { return 1_200 - 10*float64(m) + 5*noise.Float64() }, messages.Critical},
		"filling in bursts every 4 min":        {60, func(m int) float64 { return 1_500 - 40*float64(m/4) }, messages.Critical},
		"full":                                 {60, func(m int) float64 { return max(0, 500-10*float64(m)) }, messages.Critical},
	} {
		t.Run(name, func(t *testing.T) {
			if o := filling(t, c.minutes, c.free); o.Level != c.want {
				t.Errorf("got %+v, want %s", o, c.want)
			}
		})
	}
}

// The detail says when the file system is full, how much is free, the pace, and where to look.
func TestDetailOfTimeUntilFull(t *testing.T) {
	o := filling(t, 60, func(m int) float64 { return 4_800 - 10*float64(m) })
	if o.Detail != "full in about 7.0 h: 4.1 GiB free, filling by 600.0 MiB an hour; what is large: du -xh -d 2 /data | sort -h on the host" || o.Threshold != "< 8 h" {
		t.Errorf("got %q, against %q", o.Detail, o.Threshold)
	}
}

// A raised signal stays raised down to its clearing threshold, is unknown while the history is too
// short after a gap or a resize, and clears when the filling ends.
func TestTimeUntilFullHasHysteresis(t *testing.T) {
	d := newDisk(t)
	d.options.ETA = true
	d.fs.Blocks, d.fs.Bavail = 1_000_000*mib, 6_000*mib
	m := d.probe()
	run := func(minutes int, perMinute uint64) messages.Observation {
		var last messages.Observation
		for range minutes {
			d.fs.Bavail -= perMinute * mib
			d.now = d.now.Add(time.Minute)
			last = one(t, m, "host_disk_eta:/data")
		}
		return last
	}
	if o := run(70, 10); o.Level != messages.OK {
		t.Errorf("5,300 MiB at 600 an hour, 8.8 h: got %+v", o)
	}
	if o := run(70, 10); o.Level != messages.Warning {
		t.Errorf("4,600 MiB, 7.7 h: got %+v", o)
	}
	if o := run(70, 7); o.Level != messages.Warning {
		t.Errorf("4,110 MiB at 420 an hour, 9.8 h after 7.7 h: got %+v, want it raised until 12 h", o)
	}
	d.now = d.now.Add(time.Hour)
	if o := run(10, 7); o.Level != messages.Unknown || !strings.HasPrefix(o.Detail, "no data") {
		t.Errorf("after a gap: got %+v", o)
	}
	if o := run(40, 7); o.Level != messages.Warning {
		t.Errorf("with half an hour of history: got %+v", o)
	}
	d.fs.Blocks *= 2
	if o := run(1, 7); o.Level != messages.Unknown {
		t.Errorf("after a resize: got %+v", o)
	}
	if o := run(70, 0); o.Level != messages.OK {
		t.Errorf("no longer filling: got %+v", o)
	}
}

package host_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// well is the procfs of a healthy host: 2 cores, half of the memory used.
var well = map[string]string{
	"meminfo":                   "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\n",
	"loadavg":                   "0.10 0.20 0.30 1/100 4711\n",
	"stat":                      "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n",
	"vmstat":                    "nr_free_pages 5\noom_kill 3\n",
	"sys/fs/file-nr":            "1000\t0\t10000\n",
	"sys/kernel/random/boot_id": "aaaa\n",
	"pressure/cpu":              "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	"pressure/memory":           "some avg10=50.00 avg60=50.00 avg300=3.00 total=4\nfull avg10=1.00 avg60=2.00 avg300=3.00 total=4\n",
	"pressure/io":               "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
}

// proc writes the procfs of a healthy host with some files changed; an empty text removes a file.
func proc(t *testing.T, changes map[string]string) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, well)
	write(t, root, changes)
	return root
}

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if text == "" {
			_ = os.Remove(path)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func observe(t *testing.T, p probe.Probe) (map[messages.Key]messages.Observation, []probe.Note) {
	t.Helper()
	r, err := p.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[messages.Key]messages.Observation)
	for _, o := range r.Observations {
		all[o.Signal] = o
	}
	return all, slices.DeleteFunc(r.Notes, func(n probe.Note) bool { return n.Normal })
}

// Each signal is judged by its default threshold.
func TestLevelsOfTheSystem(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		signal messages.Key
		want   messages.Level
		value  float64
	}{
		"half of the memory used is ok":        {nil, "host_memory", messages.OK, 50},
		"93 % of the memory is a warning":      {map[string]string{"meminfo": "MemTotal: 1000 kB\nMemAvailable: 70 kB\n"}, "host_memory", messages.Warning, 93},
		"98 % of the memory is critical":       {map[string]string{"meminfo": "MemTotal: 1000 kB\nMemAvailable: 20 kB\n"}, "host_memory", messages.Critical, 98},
		"a load of twice the cores is ok":      {map[string]string{"loadavg": "9 9 4.0 1/1 1\n"}, "host_load", messages.OK, 2},
		"more than that is a warning":          {map[string]string{"loadavg": "9 9 4.1 1/1 1\n"}, "host_load", messages.Warning, 2.05},
		"memory pressure is judged by full":    {nil, "host_pressure:memory", messages.OK, 2},
		"more than 10 % of full is a warning":  {map[string]string{"pressure/memory": "some avg10=50.00 avg60=50.00 avg300=3.00 total=4\nfull avg10=1.00 avg60=11.00 avg300=3.00 total=4\n"}, "host_pressure:memory", messages.Warning, 11},
		"io pressure is judged by some":        {map[string]string{"pressure/io": "some avg10=1.00 avg60=61.00 avg300=3.00 total=4\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"}, "host_pressure:io", messages.Warning, 61},
		"90 % of the open files are ok":        {map[string]string{"sys/fs/file-nr": "9000 0 10000\n"}, "host_fds", messages.OK, 90},
		"91 % of the open files are a warning": {map[string]string{"sys/fs/file-nr": "9100 0 10000\n"}, "host_fds", messages.Warning, 91},
		"cpu pressure is judged by some":       {nil, "host_pressure:cpu", messages.OK, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := observe(t, host.NewSystem(proc(t, c.files), host.DefaultThresholds))
			o, ok := got[c.signal]
			if !ok || o.Level != c.want || o.Value < c.value-0.001 || o.Value > c.value+0.001 || o.Detail == "" || o.Threshold == "" {
				t.Errorf("got %+v, want level %s and value %g", o, c.want, c.value)
			}
		})
	}
}

// A warning clears at its clearing threshold.
func TestAWarningClearsAtItsOwnThreshold(t *testing.T) {
	root := proc(t, nil)
	s := host.NewSystem(root, host.DefaultThresholds)
	for _, step := range []struct {
		available string
		want      messages.Level
	}{{"90", messages.OK}, {"70", messages.Warning}, {"100", messages.Warning}, {"120", messages.OK}, {"90", messages.OK}} {
		write(t, root, map[string]string{"meminfo": "MemTotal: 1000 kB\nMemAvailable: " + step.available + " kB\n"})
		if got, _ := observe(t, s); got["host_memory"].Level != step.want {
			t.Errorf("%s kB of 1000 available: %s, want %s", step.available, got["host_memory"].Level, step.want)
		}
	}
}

// host_oom is observed only if the counter rises. A new boot resets the counter.
func TestAnOOMKillIsSeenWhenTheCounterRises(t *testing.T) {
	root := proc(t, nil)
	s := host.NewSystem(root, host.DefaultThresholds)
	for i, step := range []struct {
		kills, boot string
		want        float64
	}{{"3", "aaaa", 0}, {"3", "aaaa", 0}, {"5", "aaaa", 2}, {"5", "aaaa", 0}, {"9", "bbbb", 0}, {"10", "bbbb", 1}} {
		write(t, root, map[string]string{"vmstat": "oom_kill " + step.kills + "\n", "sys/kernel/random/boot_id": step.boot})
		got, _ := observe(t, s)
		if o := got["host_oom"]; o.Value != step.want || (o.Level == messages.Warning) != (step.want > 0) {
			t.Errorf("reading %d: got %+v, want %g kills", i, o, step.want)
		}
	}
}

// Without a boot ID the counter is still followed, from the second reading on.
func TestAnOOMKillIsSeenWithoutABootID(t *testing.T) {
	root := proc(t, map[string]string{"sys/kernel/random/boot_id": ""})
	s := host.NewSystem(root, host.DefaultThresholds)
	for i, step := range []struct {
		kills string
		want  float64
	}{{"3", 0}, {"4", 1}, {"2", 0}, {"3", 1}} {
		write(t, root, map[string]string{"vmstat": "oom_kill " + step.kills + "\n"})
		if got, _ := observe(t, s); got["host_oom"].Value != step.want {
			t.Errorf("reading %d: got %+v, want %g kills", i, got["host_oom"], step.want)
		}
	}
}

// Signals whose source is missing are off, with one note that says how to switch them on. The other
// signals are observed.
func TestAMissingSourceIsOffWithOneNote(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		off   string
		says  string
	}{
		"no pressure information":     {map[string]string{"pressure/cpu": "", "pressure/memory": "", "pressure/io": ""}, "host_pressure", "psi=1"},
		"no meminfo":                  {map[string]string{"meminfo": ""}, "host_memory", "/proc:/host/proc:ro"},
		"meminfo before Linux 3.14":   {map[string]string{"meminfo": "MemTotal: 1000 kB\n"}, "host_memory", "MemAvailable"},
		"no list of cores":            {map[string]string{"stat": "btime 1\n"}, "host_load", "lists no processor"},
		"an incomplete file-nr":       {map[string]string{"sys/fs/file-nr": "1000"}, "host_fds", "file-nr has 1 fields"},
		"no limit of open files":      {map[string]string{"sys/fs/file-nr": "1 0 0"}, "host_fds", "no limit"},
		"vmstat before Linux 4.13":    {map[string]string{"vmstat": "nr_free_pages 5\n"}, "host_oom", "Linux 4.13"},
		"an older kernel's PSI lines": {map[string]string{"pressure/memory": "some avg10=50.00 avg60=50.00 avg300=3.00 total=4\n"}, "host_pressure", `no line "full"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, notes := observe(t, host.NewSystem(proc(t, c.files), host.DefaultThresholds))
			if len(notes) != 1 || notes[0].Event != "config_warning" || !strings.HasPrefix(notes[0].Text, c.off) || !strings.Contains(notes[0].Text, c.says) {
				t.Errorf("got the notes %q, want one about %s that says %q", notes, c.off, c.says)
			}
			for _, signal := range []messages.Key{"host_memory", "host_load", "host_pressure:cpu", "host_fds"} {
				if _, there := got[signal]; !there && signal.Kind() != c.off {
					t.Errorf("%s is missing too", signal)
				}
			}
			for signal := range got {
				if signal.Kind() == c.off && c.off != "host_pressure" {
					t.Errorf("%s is observed", signal)
				}
			}
		})
	}
}

// If sources can't be read any more, the reading is an error that names their signals. The other
// signals are observed.
func TestASourceThatIsLostIsAnError(t *testing.T) {
	root := proc(t, nil)
	s := host.NewSystem(root, host.DefaultThresholds)
	before, _ := observe(t, s)
	write(t, root, map[string]string{"meminfo": "", "pressure/io": "broken"})
	r, err := s.Observe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "host_memory") || !strings.Contains(err.Error(), "host_pressure:io") {
		t.Errorf("got the error %v, want one that names what failed", err)
	}
	if len(r.Notes) != 1 || len(r.Observations) != len(before)-2 {
		t.Errorf("got %d observations and the notes %q, want %d and the note about RAID alone", len(r.Observations), r.Notes, len(before)-2)
	}
}

// Without a procfs all signals are off, with one note. If it could be read before, the reading is an
// error.
func TestWithoutAProcfs(t *testing.T) {
	none := host.NewSystem(filepath.Join(t.TempDir(), "none"), host.DefaultThresholds)
	got, notes := observe(t, none)
	if len(got) != 0 || len(notes) != 1 || !strings.Contains(notes[0].Text, "WATCHDOG_HOST_PROC") {
		t.Errorf("got %d signals and the notes %q, want none and one that names the setting", len(got), notes)
	}

	root := proc(t, nil)
	s := host.NewSystem(root, host.DefaultThresholds)
	observe(t, s)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Observe(t.Context()); err == nil {
		t.Error("want an error when the procfs is gone")
	}
}

// Details contain the numbers and, if the signal is not ok, where to look.
func TestDetailsSayWhatToDo(t *testing.T) {
	got, _ := observe(t, host.NewSystem(proc(t, map[string]string{
		"meminfo": "MemTotal: 16357785 kB\nMemAvailable: 1153433 kB\n", "loadavg": "9 9 4.1 1/1 1\n",
	}), host.DefaultThresholds))
	for signal, want := range map[messages.Key]string{
		"host_memory": "used 92.9 % of 15.6 GiB (1.1 GiB available); the largest: ps aux --sort=-rss on the host",
		"host_load":   "15-minute load 4.10 on 2 cores (1 min 9.00, 5 min 9.00); top shows what uses the CPU, ps -eo stat,cmd what waits for a disk (D)",
		"host_fds":    "1000 of 10000 files open (10.0 %)",
	} {
		if got[signal].Detail != want {
			t.Errorf("%s: got %q, want %q", signal, got[signal].Detail, want)
		}
	}
	if got["host_memory"].Threshold != "> 92 %" {
		t.Errorf("got the threshold %q", got["host_memory"].Threshold)
	}
}

// The procfs of the real machine can be read.
func TestTheMachinesOwnProcfs(t *testing.T) {
	got, _ := observe(t, host.NewSystem("/proc", host.DefaultThresholds))
	for _, signal := range []messages.Key{"host_memory", "host_load", "host_fds"} {
		if o, ok := got[signal]; !ok || o.Value < 0 {
			t.Errorf("%s: got %+v", signal, o)
		}
	}
}

// Boot returns the ID of the boot and the uptime, or an error if procfs lacks one.
func TestBoot(t *testing.T) {
	root := proc(t, map[string]string{"uptime": "90.25 17.50\n", "sys/kernel/random/boot_id": "aaaa\n"})
	if id, up, err := host.Boot(root); err != nil || id != "aaaa" || up != 90*time.Second+250*time.Millisecond {
		t.Errorf("%q, %s (%v)", id, up, err)
	}
	for _, uptime := range []string{"", "long", "-3", "NaN", "1e30"} {
		write(t, root, map[string]string{"uptime": uptime})
		if _, up, err := host.Boot(root); err == nil {
			t.Errorf("uptime %q: %s", uptime, up)
		}
	}
	write(t, root, map[string]string{"uptime": "1 1", "sys/kernel/random/boot_id": ""})
	if id, _, err := host.Boot(root); err == nil {
		t.Errorf("no id: %q", id)
	}
}

package host_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"orchestrator-watchdog/actors/probe"
	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

// well is a procfs of a host that is well: 2 cores, half of the memory used.
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

// proc makes a procfs of the files; an empty text leaves one out.
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
	return all, r.Notes
}

// Each file of procfs gives the level of its signal, by the contract's thresholds.
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
		"more than twice the cores is not":     {map[string]string{"loadavg": "9 9 4.1 1/1 1\n"}, "host_load", messages.Warning, 2.05},
		"memory pressure is judged by full":    {nil, "host_pressure:memory", messages.OK, 2},
		"more than 10 % of full is a warning":  {map[string]string{"pressure/memory": "some avg10=50.00 avg60=50.00 avg300=3.00 total=4\nfull avg10=1.00 avg60=11.00 avg300=3.00 total=4\n"}, "host_pressure:memory", messages.Warning, 11},
		"io pressure is judged by some":        {map[string]string{"pressure/io": "some avg10=1.00 avg60=61.00 avg300=3.00 total=4\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"}, "host_pressure:io", messages.Warning, 61},
		"nine tenths of the open files are ok": {map[string]string{"sys/fs/file-nr": "9000 0 10000\n"}, "host_fds", messages.OK, 90},
		"more than nine tenths is a warning":   {map[string]string{"sys/fs/file-nr": "9100 0 10000\n"}, "host_fds", messages.Warning, 91},
		"the cpu's pressure is judged by some": {nil, "host_pressure:cpu", messages.OK, 2},
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

// A warning stays one until the value is at its clearing threshold.
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

// The OOM counter is told when it rises, and only then; a new boot starts it anew.
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

// What this host does not have is switched off with one note that says how to have it.
func TestWhatIsMissingIsSwitchedOffWithANote(t *testing.T) {
	s := host.NewSystem(proc(t, map[string]string{"pressure/cpu": "", "pressure/memory": "", "pressure/io": ""}), host.DefaultThresholds)
	got, notes := observe(t, s)
	if _, there := got["host_pressure:cpu"]; there || len(notes) != 3 {
		t.Errorf("got the signals %v and %d notes, want none of pressure and 3 notes", maps.Keys(got), len(notes))
	}
	if _, notes := observe(t, s); len(notes) != 0 {
		t.Errorf("the second reading notes it again: %v", notes)
	}
}

// Without a procfs the reading fails, and says what to mend.
func TestWithoutAProcfsTheReadingFails(t *testing.T) {
	if _, err := host.NewSystem(filepath.Join(t.TempDir(), "none"), host.DefaultThresholds).Observe(t.Context()); err == nil {
		t.Error("a missing procfs is no error")
	}
}

// The machine's own procfs can be read.
func TestTheMachinesOwnProcfs(t *testing.T) {
	got, _ := observe(t, host.NewSystem("/proc", host.DefaultThresholds))
	for _, signal := range []messages.Key{"host_memory", "host_load", "host_fds"} {
		if o, ok := got[signal]; !ok || o.Value < 0 {
			t.Errorf("%s: got %+v", signal, o)
		}
	}
}

// Inodes have two levels; the ceiling is off unless asked for, and critical.
func TestLevelsOfAMount(t *testing.T) {
	for name, c := range map[string]struct {
		fs      unix.Statfs_t
		ceiling float64
		signal  messages.Key
		want    messages.Level
		missing bool
	}{
		"free inodes are ok":                    {fs: unix.Statfs_t{Files: 100, Ffree: 50}, signal: "host_inodes:/data", want: messages.OK},
		"91 % of the inodes are a warning":      {fs: unix.Statfs_t{Files: 100, Ffree: 9}, signal: "host_inodes:/data", want: messages.Warning},
		"98 % of the inodes are critical":       {fs: unix.Statfs_t{Files: 100, Ffree: 2}, signal: "host_inodes:/data", want: messages.Critical},
		"a file system without inodes has none": {fs: unix.Statfs_t{Blocks: 5}, signal: "host_inodes:/data", missing: true},
		"a full disk is another watchdog's":     {fs: unix.Statfs_t{Blocks: 100, Bsize: 4096}, signal: "host_disk_ceiling:/data", missing: true},
		"asked for, it is critical":             {fs: unix.Statfs_t{Blocks: 100, Bfree: 2, Bavail: 2, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
		"at the ceiling it is not yet":          {fs: unix.Statfs_t{Blocks: 100, Bfree: 3, Bavail: 3, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.OK},
		"space for root alone counts as used":   {fs: unix.Statfs_t{Blocks: 100, Bfree: 5, Bavail: 1, Bsize: 4096}, ceiling: 97, signal: "host_disk_ceiling:/data", want: messages.Critical},
	} {
		t.Run(name, func(t *testing.T) {
			m := host.NewMount(host.MountOptions{
				Label: "/data", Path: "/host/data", Inodes: host.DefaultInodes, Ceiling: c.ceiling,
				Statfs: func(_ string, buf *unix.Statfs_t) error { *buf = c.fs; return nil },
			})
			got, _ := observe(t, m)
			o, ok := got[c.signal]
			if ok == c.missing || o.Level != c.want {
				t.Errorf("got %+v (there: %t), want %s", o, ok, c.want)
			}
		})
	}
}

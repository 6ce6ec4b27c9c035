package host_test

import (
	"strings"
	"testing"

	"orchestrator-watchdog/actors/probe/host"
	"orchestrator-watchdog/messages"
)

const personalities = "Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]\n"

// An array is critical if a member is missing or no data can be read, and a pool if it is not
// ONLINE. A resync is no fault.
func TestRaid(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		signal messages.Key
		want   messages.Level
		says   string
	}{
		"all members work":                      {map[string]string{"mdstat": personalities + "md0 : active raid1 sdb1[1] sda1[0]\n      523968 blocks super 1.2 [2/2] [UU]\n      \nunused devices: <none>\n"}, "host_raid:md0", messages.OK, "2 of 2"},
		"degraded":                              {map[string]string{"mdstat": personalities + "md0 : active raid1 sdb1[1](F) sda1[0]\n      523968 blocks super 1.2 [2/1] [U_]\n      \nunused devices: <none>\n"}, "host_raid:md0", messages.Critical, "1 of 2 members work, failed: sdb1"},
		"recovering":                            {map[string]string{"mdstat": personalities + "md0 : active raid1 sdc1[2] sda1[0]\n      523968 blocks super 1.2 [2/1] [U_]\n      [==>..................]  recovery = 12.5% (65496/523968) finish=0.6min speed=10000K/sec\n      \nunused devices: <none>\n"}, "host_raid:md0", messages.Critical, "recovering (12.5 %)"},
		"a resync is no fault":                  {map[string]string{"mdstat": personalities + "md0 : active raid1 sdb1[1] sda1[0]\n      523968 blocks super 1.2 [2/2] [UU]\n      [==>..................]  resync = 12.5% (65496/523968) finish=0.6min speed=10000K/sec\n      \nunused devices: <none>\n"}, "host_raid:md0", messages.OK, "resyncing"},
		"a failed member that a spare replaced": {map[string]string{"mdstat": personalities + "md0 : active raid1 sdc1[2] sdb1[1](F) sda1[0]\n      523968 blocks super 1.2 [2/2] [UU]\n      \nunused devices: <none>\n"}, "host_raid:md0", messages.OK, "failed: sdb1"},
		"inactive":                              {map[string]string{"mdstat": personalities + "md7 : inactive sdb1[0](S)\n      523968 blocks super 1.2\n       \nunused devices: <none>\n"}, "host_raid:md7", messages.Critical, "inactive"},
		"a broken stripe":                       {map[string]string{"mdstat": personalities + "md3 : broken raid0 sdb1[1] sda1[0]\n      523968 blocks super 1.2 512k chunks\n      \nunused devices: <none>\n"}, "host_raid:md3", messages.Critical, "broken"},
		"a pool ONLINE":                         {map[string]string{"spl/kstat/zfs/tank/state": "ONLINE\n"}, "host_raid:tank", messages.OK, "ONLINE"},
		"a pool DEGRADED":                       {map[string]string{"spl/kstat/zfs/tank/state": "DEGRADED\n"}, "host_raid:tank", messages.Critical, "zpool status tank"},
		"a pool SUSPENDED":                      {map[string]string{"spl/kstat/zfs/tank/state": "SUSPENDED\n"}, "host_raid:tank", messages.Critical, "SUSPENDED"},
	} {
		t.Run(name, func(t *testing.T) {
			got, notes := observe(t, host.NewSystem(proc(t, c.files), host.DefaultThresholds))
			if o, ok := got[c.signal]; !ok || o.Level != c.want || !strings.Contains(o.Detail, c.says) {
				t.Errorf("got %+v, notes %q; want %s with %q", o, notes, c.want, c.says)
			}
		})
	}
}

// A container of external metadata is always inactive, and is not observed.
func TestAContainerOfExternalMetadataIsNoArray(t *testing.T) {
	got, notes := observe(t, host.NewSystem(proc(t, map[string]string{
		"mdstat": personalities + "md127 : inactive sdb[1](S) sda[0](S)\n      10402 blocks super external:imsm\n       \nunused devices: <none>\n",
	}), host.DefaultThresholds))
	if _, ok := got["host_raid:md127"]; ok || len(notes) != 0 {
		t.Errorf("got %+v, notes %q", got, notes)
	}
}

// A host without arrays and pools has one note, which is no warning.
func TestWithoutRaid(t *testing.T) {
	r, err := host.NewSystem(proc(t, nil), host.DefaultThresholds).Observe(t.Context())
	if err != nil || len(r.Notes) != 1 || !r.Notes[0].Normal || !strings.HasPrefix(r.Notes[0].Text, "host_raid: off, as there is no md array") {
		t.Errorf("notes %q, error %v", r.Notes, err)
	}
}

// Memory that the ZFS cache can give back does not count as used.
func TestTheZFSCacheDoesNotCountAsUsed(t *testing.T) {
	const head = "13 1 0x01 123 33456 4181239 9999\nname                            type data\n"
	full := "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n"
	for name, c := range map[string]struct {
		arcstats string
		used     float64
	}{
		"above its minimum":   {head + "c_min 4 102400000\nsize 4 614400000\n", 45},
		"only what it evicts": {head + "c_min 4 102400000\nsize 4 614400000\nmru_evictable_data 4 102400000\nmfu_evictable_data 4 102400000\n", 75},
		"below its minimum":   {head + "c_min 4 102400000\nsize 4 1024000\n", 95},
		"larger than memory":  {head + "c_min 4 0\nsize 4 999999999999\n", 0},
		"figures are missing": {head, 95},
		"not a kstat":         {"x", 95},
		"no ZFS":              {"", 95},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := observe(t, host.NewSystem(proc(t, map[string]string{"meminfo": full, "spl/kstat/zfs/arcstats": c.arcstats}), host.DefaultThresholds))
			if used := got["host_memory"].Value; used != c.used {
				t.Errorf("%g %% used, want %g", used, c.used)
			}
		})
	}
}

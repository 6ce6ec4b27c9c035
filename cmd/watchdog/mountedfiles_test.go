package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Only a mounted file that was replaced is named.
func TestAReplacedMountIsNamed(t *testing.T) {
	const mounts = `1 0 0:1 / / rw - overlay overlay rw
2 1 254:0 /srv/w.yaml//deleted /etc/watchdog/my\040watchdog.yaml ro - ext4 /dev/vda rw
3 1 254:0 /srv/other//deleted /other ro - ext4 /dev/vda rw
4 1 254:0 /srv/token /run/secrets/token ro - ext4 /dev/vda rw
short
`
	got := replacedIn(bufio.NewScanner(strings.NewReader(mounts)), []string{"/etc/watchdog/my watchdog.yaml", "/run/secrets/token"})
	if len(got) != 1 || !strings.Contains(got[0], "/etc/watchdog/my watchdog.yaml was replaced on the host") {
		t.Errorf("got %q", got)
	}
}

// A reload names a real mount that was replaced.
func TestAReloadNamesAReplacedMount(t *testing.T) {
	t.Parallel()
	file := newSettingsFile(t, "cooldown: 1h\n")
	mounted := filepath.Join(t.TempDir(), "mounted.yaml")
	must(t, os.WriteFile(mounted, nil, 0o600))
	if err := unix.Mount(file.path, mounted, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("SKIPPED: can't mount: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(mounted, unix.MNT_DETACH)) })
	d := start(t, "WATCHDOG_CONFIG="+mounted)
	d.logged("started", nil)
	must(t, os.Remove(file.path))
	file.write("cooldown: 2h\n")
	if out, _, code := d.asksUntil(0, "reload"); code != 0 || !strings.Contains(out, "nothing has changed") || !strings.Contains(out, "mounted.yaml was replaced on the host") {
		t.Errorf("exit code %d, got %q", code, out)
	}
	if code, _ := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

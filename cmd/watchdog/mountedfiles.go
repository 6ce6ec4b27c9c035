package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
)

// replaced warns of files that are mounted one by one and were replaced on the host, as
// most editors do. Such a mount shows the former file forever.
func replaced(files []string) []string {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil // without procfs, nothing is known
	}
	defer mounts.Close()
	return replacedIn(bufio.NewScanner(mounts), files)
}

// replacedIn reads mountinfo (proc_pid_mountinfo(5)). The fourth field is the mounted file, with the
// suffix //deleted if it is gone; the fifth is the mount point.
func replacedIn(mounts *bufio.Scanner, files []string) (warnings []string) {
	for mounts.Scan() {
		fields := strings.Fields(mounts.Text())
		if len(fields) < 5 || !strings.HasSuffix(fields[3], "//deleted") {
			continue
		}
		if at := unescaped.Replace(fields[4]); slices.Contains(files, at) {
			warnings = append(warnings, fmt.Sprintf("the file %s was replaced on the host after it was mounted, and the watchdog still reads the former one: "+
				"re-create the container (docker compose up -d --force-recreate); to avoid this, mount its directory", at))
		}
	}
	return warnings
}

// unescaped decodes the octal escapes of the kernel.
var unescaped = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

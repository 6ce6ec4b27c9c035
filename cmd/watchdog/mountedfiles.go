package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
)

// replaced warns of files that are mounted one by one and were replaced on the host, as
// most editors do: the mount still shows the former file, and always will.
func replaced(files []string) []string {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil // no procfs: nothing can be said
	}
	defer mounts.Close()
	return replacedIn(bufio.NewScanner(mounts), files)
}

// replacedIn reads mountinfo (proc_pid_mountinfo(5)): the fourth field is what is mounted, and
// ends in //deleted where that is gone; the fifth is where.
func replacedIn(mounts *bufio.Scanner, files []string) (warnings []string) {
	for mounts.Scan() {
		fields := strings.Fields(mounts.Text())
		if len(fields) < 5 || !strings.HasSuffix(fields[3], "//deleted") {
			continue
		}
		if at := unescaped.Replace(fields[4]); slices.Contains(files, at) {
			warnings = append(warnings, fmt.Sprintf("the file %s was replaced on the host after it was mounted, and what is read here is the former one: "+
				"make the container anew (docker compose up -d --force-recreate); mount its directory, and this does not happen again", at))
		}
	}
	return warnings
}

// unescaped undoes how the kernel writes what would end a field.
var unescaped = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

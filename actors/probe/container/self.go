package container

import (
	"os"
	"regexp"
)

// ownMount matches a file that the engine mounts into every container. Its path on the host contains
// the container's ID, whatever the host name or cgroup.
var ownMount = regexp.MustCompile(`/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf) `)

// Self returns the ID of the container that we run in; empty if there is none.
func Self() string {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	return selfOf(table)
}

func selfOf(mountinfo []byte) string {
	if found := ownMount.FindSubmatch(mountinfo); found != nil {
		return string(found[1])
	}
	return ""
}

package host

import (
	"fmt"

	"orchestrator-watchdog/messages"
)

// oomCounter follows the kernel's count of processes killed for memory, those that
// reached the limit of their own cgroup included.
type oomCounter struct {
	proc  string
	boot  string // that count belongs to
	count uint64
	known bool
}

// observe tells how many were killed since the reading before. The first reading
// tells nothing, nor does the first of a new boot, where the count starts anew: those
// were killed before we looked.
func (c *oomCounter) observe() (o messages.Observation, happened bool, err error) {
	count, err := oomKills(c.proc)
	if err != nil {
		return messages.Observation{}, false, err
	}
	boot := bootID(c.proc)
	before, sameBoot := c.count, c.known && boot == c.boot
	c.boot, c.count, c.known = boot, count, true
	if !sameBoot || count <= before {
		return messages.Observation{}, false, nil
	}
	o = messages.Observation{
		Signal: "host_oom", Level: messages.Warning, Threshold: "> 0",
		Detail: fmt.Sprintf("the kernel killed %d process(es) for memory (%d since boot): dmesg -T | grep -i oom on the host names them", count-before, count),
	}
	return o.WithValue(float64(count - before)), true, nil
}

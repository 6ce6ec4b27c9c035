package host

import (
	"fmt"

	"orchestrator-watchdog/messages"
)

// oomCounter follows the kernel's counter of kills for memory, which includes kills at the limit of
// a cgroup.
type oomCounter struct {
	proc  string
	boot  string // boot of the count
	count uint64
	known bool
}

// observe returns host_oom if the counter rose since the last reading. The first reading of a boot
// returns nothing: its kills may be old.
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

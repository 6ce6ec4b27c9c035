package container

import (
	"fmt"

	"github.com/docker/docker/api/types/container"

	"orchestrator-watchdog/messages"
)

// memoryThreshold is in percent of the container's memory limit.
var memoryThreshold = messages.LimitOf("container_memory")

// memory is the memory use of a container and its limit, in bytes.
type memory struct {
	used, limit uint64
	cached      bool // used includes the file cache, since the engine does not report its size
}

func (m memory) percent() float64 { return 100 * float64(m.used) / float64(m.limit) }

// memoryOf subtracts the file cache, by the keys of cgroup v1 or v2: the kernel reclaims it before
// it kills anything. Files in a tmpfs are not part of that cache.
func memoryOf(s container.MemoryStats) memory {
	cache := s.Stats["total_inactive_file"] + s.Stats["total_active_file"]
	if _, v1 := s.Stats["total_inactive_file"]; !v1 {
		cache = s.Stats["inactive_file"] + s.Stats["active_file"]
	}
	if cache > s.Usage {
		cache = 0 // the kernel does not read both at the same moment
	}
	return memory{used: s.Usage - cache, limit: s.Limit, cached: len(s.Stats) == 0}
}

// judgeMemory observes container_memory. before is the last level, for hysteresis.
func judgeMemory(m memory, before messages.Level) messages.Observation {
	if m.limit == 0 {
		return messages.Observation{Level: messages.Unknown, Detail: "the engine has no statistics about it"}
	}
	percent := m.percent()
	if m.cached {
		return judgeWithCache(m)
	}
	o := messages.Observation{
		Detail: fmt.Sprintf("uses %s of %s (%.0f %%), file cache left out", bytesText(m.used), bytesText(m.limit), percent),
	}.WithValue(percent)
	o = memoryThreshold.Judge(o, before, " %")
	if o.Level > messages.OK {
		o.Detail += ": at 100 % the kernel kills it"
	}
	return o
}

// judgeWithCache judges a use that includes the file cache. Below the threshold it is ok. Above it
// is unknown, since much of it may be cache, which the kernel can reclaim.
func judgeWithCache(m memory) messages.Observation {
	o := messages.Observation{
		Detail: fmt.Sprintf("uses %s of %s (%.0f %%), with its file cache", bytesText(m.used), bytesText(m.limit), m.percent()),
	}
	if m.percent() > memoryThreshold.Raise {
		o.Level, o.Expected = messages.Unknown, true
		o.Detail += ": this engine does not say how much of it is cache, which the kernel gives back"
	}
	return o.WithValue(m.percent())
}

func bytesText(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

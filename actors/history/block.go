package history

import "math"

// block is a past hour, in four bytes a minute, so that a day of a thousand signals fits into
// MaxBytes. The resolution of its values is a 255th of their range in that hour.
type block struct {
	hour      int32 // since the epoch
	low, high float32
	minutes   []packed // minutesPerHour of them
}

// packed is one minute. The values are steps of the block's range.
type packed struct{ state, min, max, last uint8 }

// Bits of packed.state.
const (
	stateLevel  = 0x07 // the level plus 2; 0: nothing was observed
	stateValued = 0x08
)

const minutesPerHour = 60

// blockBytes is the size of a block in memory.
const blockBytes = 40 + 4*minutesPerHour

// pack converts the runs of one hour to a block.
func pack(hour int32, runs []run) block {
	b := block{hour: hour, low: float32(math.Inf(1)), high: float32(math.Inf(-1)), minutes: make([]packed, minutesPerHour)}
	for _, r := range runs {
		if r.valued {
			b.low, b.high = min(b.low, r.min), max(b.high, r.max)
		}
	}
	for _, r := range runs {
		for minute := max(r.minute, hour*minutesPerHour); minute < min(r.end(), (hour+1)*minutesPerHour); minute++ {
			p := packed{state: uint8(r.level + 2)}
			if r.valued {
				p = packed{p.state | stateValued, b.step(r.min), b.step(r.max), b.step(r.last)}
			}
			b.minutes[minute-hour*minutesPerHour] = p
		}
	}
	return b
}

// step converts a value to a step of the block's range.
func (b *block) step(v float32) uint8 {
	if b.high <= b.low {
		return 0
	}
	return uint8((v-b.low)/(b.high-b.low)*255 + 0.5)
}

func (b *block) value(step uint8) float32 {
	if b.high <= b.low {
		return b.low
	}
	return b.low + (b.high-b.low)*float32(step)/255
}

// runs converts the block to runs of one minute each.
func (b *block) runs() []run {
	var all []run
	for i, p := range b.minutes {
		if p.state == 0 {
			continue
		}
		r := run{minute: b.hour*minutesPerHour + int32(i), length: 1, level: int8(p.state&stateLevel) - 2}
		if p.state&stateValued != 0 {
			r.valued, r.min, r.max, r.last = true, b.value(p.min), b.value(p.max), b.value(p.last)
		}
		all = append(all, r)
	}
	return all
}

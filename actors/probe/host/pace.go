package host

import (
	"slices"
	"time"
)

// The last hour is divided into blocks. The pace needs at least minBlocks, and a gap of more than
// paceGap clears the history.
const (
	paceBlock = 5 * time.Minute
	maxBlocks = 12
	minBlocks = 6
	paceGap   = 3 * paceBlock
)

// pace measures how fast a file system fills, by its free space at the ends of blocks.
type pace struct {
	total  uint64 // size of the file system
	points []point
}

type point struct {
	at   time.Time
	free uint64
}

// add adds a reading. Of the readings within a block only the first counts. A resize of the file
// system or a step of the clock clears the history.
func (p *pace) add(at time.Time, s space) {
	if n := len(p.points); n > 0 {
		since := at.Sub(p.points[n-1].at)
		if since >= 0 && since < paceBlock && s.total == p.total {
			return
		}
		if since < 0 || since > paceGap || s.total != p.total {
			p.points = nil
		}
	}
	p.total = s.total
	p.points = append(p.points, point{at, s.free})
	if len(p.points) > maxBlocks+1 {
		p.points = slices.Delete(p.points, 0, 1)
	}
}

// perHour returns the pace of the last hour in bytes per hour; 0 if the file system does not fill
// steadily. ok is false if the history is too short.
//
// The pace is the median of the blocks, which a single copy does not change, but at most the pace
// from the first point to the last, which a log rotation lowers. At least three of four blocks
// must have filled, so that noise does not count.
func (p *pace) perHour() (bytes float64, ok bool) {
	n := len(p.points) - 1
	if n < minBlocks {
		return 0, false
	}
	blocks := make([]float64, n)
	filled := 0
	for i := range n {
		blocks[i] = between(p.points[i], p.points[i+1])
		if blocks[i] > 0 {
			filled++
		}
	}
	if 4*filled < 3*n {
		return 0, true
	}
	slices.Sort(blocks)
	median := (blocks[(n-1)/2] + blocks[n/2]) / 2
	return max(0, min(median, between(p.points[0], p.points[n]))), true
}

// between returns the pace between two points, in bytes per hour.
func between(from, to point) float64 {
	return (float64(from.free) - float64(to.free)) / to.at.Sub(from.at).Hours()
}

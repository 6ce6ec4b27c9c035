package host

import (
	"slices"
	"time"
)

// The last hour is cut into blocks. Half an hour of them is the least that says
// something, and after a longer gap than three the hour begins anew.
const (
	paceBlock = 5 * time.Minute
	maxBlocks = 12
	minBlocks = 6
	paceGap   = 3 * paceBlock
)

// pace follows how fast a file system fills, by the free space at the ends of blocks.
type pace struct {
	total  uint64 // size of the file system that the points are of
	points []point
}

type point struct {
	at   time.Time
	free uint64
}

// add takes a reading; of those within a block the first counts. A file system that
// was resized and a clock that steps begin a new history.
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

// perHour is the pace of the last hour in bytes, 0 where it does not steadily fill;
// ok is false while too little is known.
//
// It is the median of the blocks', which a one-time copy does not move, but at most
// that from the first point to the last, which a log rotation lowers. And three of
// four blocks must have filled: noise goes up and down.
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

// between is the pace from one point to another, in bytes per hour.
func between(from, to point) float64 {
	return (float64(from.free) - float64(to.free)) / to.at.Sub(from.at).Hours()
}

package supervisor_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

// plainRules are the rules of deciding, of routes and of delivery as one would say them, for
// signals that nothing suppresses. They know nothing of the core.
type plainRules struct {
	at        time.Duration
	keys      []messages.Key
	seen      map[messages.Key][2]messages.Level // the last two observations
	hard      map[messages.Key]messages.Level
	announced map[messages.Key]messages.Level
	taken     map[messages.Key]bool // somebody has taken it on
	happen    []messages.Key
	channels  map[string]*plainChannel
}

// plainChannel is what one channel knows, and is owed.
type plainChannel struct {
	name        string
	signals     []string // beginnings of keys
	least       messages.Level
	after       time.Duration
	standsInFor string
	quiet       bool

	knows   map[messages.Key]messages.Level
	owed    map[messages.Key][]plainNews // not told yet, in order
	later   map[messages.Key]time.Duration
	over    map[messages.Key]bool // it was told the end of what the one it stands in for has still to tell
	fails   outage
	since   time.Duration // the first attempt that failed; negative: none
	isDown  bool          // and everybody else was told so
	raised  int
	told    diary
	happens []messages.Key // one-shots that it is owed
}

type plainNews struct {
	ends  bool
	level messages.Level
}

func newPlainRules(keys []messages.Key) *plainRules {
	p := &plainRules{
		keys: keys, seen: map[messages.Key][2]messages.Level{}, hard: map[messages.Key]messages.Level{},
		announced: map[messages.Key]messages.Level{}, taken: map[messages.Key]bool{}, channels: map[string]*plainChannel{},
	}
	for _, name := range stationNames {
		p.channels[name] = &plainChannel{
			name: name, knows: map[messages.Key]messages.Level{}, owed: map[messages.Key][]plainNews{},
			later: map[messages.Key]time.Duration{}, over: map[messages.Key]bool{}, since: -1, told: diary{},
		}
	}
	p.channels["ops"].signals, p.channels["ops"].least = []string{"dep_down:"}, messages.Critical
	p.channels["phone"].least, p.channels["phone"].after = messages.Critical, 45*time.Minute
	p.channels["mail"].standsInFor = "chat"
	p.channels["night"].quiet = true
	return p
}

// afternoon is the reload at noon.
func (p *plainRules) afternoon() {
	p.channels["ops"].signals, p.channels["ops"].least = []string{"orch_rule:", "container_"}, messages.OK
}

// acknowledge takes a trouble on; ok is false where there is none. Nobody is reminded of it by
// then, also not whoever has not heard that it was over for a while.
func (p *plainRules) acknowledge(key messages.Key) (ok bool) {
	if p.hard[key] == messages.OK || p.taken[key] {
		return false
	}
	p.taken[key] = true
	for _, ch := range p.channels {
		if n := len(ch.owed[key]); n > 0 && !ch.owed[key][n-1].ends && ch.owed[key][n-1].level <= ch.knows[key] {
			delete(ch.owed, key)
		}
	}
	return true
}

// outageToEnd picks an outage to end, once everybody knows of every one: then nothing begins to
// fail while it ends.
func (p *plainRules) outageToEnd(random *rand.Rand) string {
	var names []string
	for _, name := range stationNames {
		switch ch := p.channels[name]; {
		case ch.fails == works:
		case ch.isDown:
			names = append(names, name)
		default:
			return ""
		}
	}
	if len(names) == 0 || random.IntN(3) == 0 {
		return ""
	}
	return names[random.IntN(len(names))]
}

// observe takes one reading of everything.
func (p *plainRules) observe(at time.Duration, levels map[messages.Key]messages.Level) {
	p.at = at
	for _, key := range p.keys {
		p.decide(key, levels[key])
	}
	for _, key := range p.happen {
		for _, name := range stationNames {
			p.happened(p.channels[name], key)
		}
	}
	p.happen = nil
	for _, name := range stationNames {
		p.escalate(p.channels[name])
	}
	for range 3 { // what one channel's delivery brings the others
		for _, name := range stationNames {
			p.deliver(p.channels[name])
		}
	}
}

// decide is rules 1, 2 and 10.
func (p *plainRules) decide(key messages.Key, level messages.Level) {
	last := [2]messages.Level{p.seen[key][1], level}
	p.seen[key] = last
	low, high := min(last[0], last[1]), max(last[0], last[1])
	switch {
	case low > p.hard[key]:
		p.hard[key] = low
	case high < p.hard[key]:
		p.hard[key] = high
	}
	hard, told := p.hard[key], p.announced[key]
	switch {
	case hard == messages.OK && told > messages.OK:
		delete(p.taken, key)
		p.tell(key, plainNews{ends: true})
	case hard > told:
		if told > messages.OK {
			delete(p.taken, key)
		}
		p.tell(key, plainNews{level: hard})
	default:
		return
	}
	p.announced[key] = hard
}

// tell lets every channel hear of news whose route says so.
func (p *plainRules) tell(key messages.Key, n plainNews) {
	for _, name := range stationNames {
		p.route(p.channels[name], key, n)
	}
}

func (p *plainRules) route(ch *plainChannel, key messages.Key, n plainNews) {
	follows := ch.knows[key] > messages.OK || len(ch.owed[key]) > 0
	of, isDelivery := strings.CutPrefix(string(key), "watchdog_delivery:")
	switch {
	case isDelivery && of == ch.name && !n.ends: // it can't say so itself
	case isDelivery:
		ch.owes(key, n)
	case n.ends:
		delete(ch.later, key)
		if follows || ch.standsInFor != "" && p.channels[ch.standsInFor].isDown {
			ch.owes(key, n)
			ch.over[key] = true
		}
	case !ch.takes(key, n.level):
	case follows:
		ch.owes(key, n)
	case ch.standsInFor != "":
		if p.channels[ch.standsInFor].isDown {
			ch.owes(key, n)
		}
	case ch.after == 0:
		ch.owes(key, n)
	default:
		if _, waits := ch.later[key]; !waits {
			ch.later[key] = p.at
		}
	}
	if !n.ends {
		delete(ch.over, key)
	}
}

func (ch *plainChannel) owes(key messages.Key, n plainNews) { ch.owed[key] = append(ch.owed[key], n) }

func (ch *plainChannel) takes(key messages.Key, level messages.Level) bool {
	fits := len(ch.signals) == 0 || slices.ContainsFunc(ch.signals, func(begin string) bool { return strings.HasPrefix(string(key), begin) })
	return fits && level >= ch.least
}

// happened is a one-shot: nothing of it can be escalated.
func (p *plainRules) happened(ch *plainChannel, key messages.Key) {
	switch {
	case !ch.takes(key, messages.Critical) || ch.after > 0:
	case ch.standsInFor != "" && !p.channels[ch.standsInFor].isDown:
	default:
		ch.happens = append(ch.happens, key)
	}
}

// escalate tells what is still so, and what nobody has taken on.
func (p *plainRules) escalate(ch *plainChannel) {
	for key, since := range ch.later {
		if p.at-since >= ch.after && !p.taken[key] && p.seen[key][1] > messages.OK && p.hard[key] > messages.OK && ch.takes(key, p.hard[key]) {
			delete(ch.later, key)
			ch.owes(key, plainNews{level: p.hard[key]})
		}
	}
}

// deliver tells a channel what it is owed, as it is true by then.
func (p *plainRules) deliver(ch *plainChannel) {
	var now []messages.Key
	for key, owed := range ch.owed {
		if last := owed[len(owed)-1]; !last.ends && last.level == messages.Critical || !ch.isQuiet(p.at) {
			now = append(now, key)
		}
	}
	tries := len(now)+len(ch.happens) > 0
	switch {
	case ch.fails != works:
		if tries && ch.since < 0 {
			ch.since = p.at
		}
		if !ch.isDown && ch.since >= 0 && (ch.fails == forGood || p.at-ch.since >= 5*time.Minute) {
			p.goesDown(ch)
		}
		return
	case !tries:
		return
	}
	for _, key := range now {
		ch.say(p.at, key)
	}
	for _, key := range ch.happens {
		ch.told.note(p.at, key, "EVENT")
	}
	ch.happens, ch.since = nil, -1
	if ch.isDown {
		ch.isDown = false
		p.tell(messages.NewKey("watchdog_delivery", ch.name), plainNews{ends: true})
	}
}

func (ch *plainChannel) isQuiet(at time.Duration) bool {
	return ch.quiet && (at+24*time.Hour-quietFrom)%(24*time.Hour) < quietFor
}

// say words what is owed of one signal by what the channel knows.
func (ch *plainChannel) say(at time.Duration, key messages.Key) {
	owed := ch.owed[key]
	delete(ch.owed, key)
	last, known := owed[len(owed)-1], ch.knows[key]
	began := slices.ContainsFunc(owed, func(n plainNews) bool { return !n.ends })
	var news string
	switch {
	case last.ends && known == messages.OK && (began || string(key) == "watchdog_delivery:"+ch.name):
		news = "MISSED"
	case last.ends:
		news = "RECOVERED"
	case known == messages.OK:
		news = "ALERT"
	case last.level > known:
		news = "WORSE"
	default:
		news = "STILL"
	}
	ch.told.note(at, key, news)
	if ch.knows[key] = last.level; last.ends {
		delete(ch.knows, key)
	}
}

// goesDown tells everybody else, and those that stand in for the channel what it owes.
func (p *plainRules) goesDown(ch *plainChannel) {
	ch.isDown = true
	ch.raised++
	p.tell(messages.NewKey("watchdog_delivery", ch.name), plainNews{level: messages.Critical})
	for _, other := range p.channels {
		if other.standsInFor != ch.name {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(ch.owed)) {
			owed := ch.owed[key]
			last := owed[len(owed)-1]
			follows := other.knows[key] > messages.OK || len(other.owed[key]) > 0
			switch {
			case strings.HasPrefix(string(key), "watchdog_delivery:"), follows, last.ends && other.over[key]: // it was told as it came
			case last.ends && ch.knows[key] == messages.OK:
				other.owes(key, owed[0])
				other.owes(key, last)
			default:
				other.owes(key, last)
			}
		}
		other.happens = append(other.happens, ch.happens...)
	}
}

package supervisor_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"orchestrator-watchdog/messages"
)

// plainRules is a simple model of the rules of deciding, of routes and of delivery, for signals
// without suppression. It is independent of the core.
type plainRules struct {
	at        time.Duration
	keys      []messages.Key
	seen      map[messages.Key][2]messages.Level // the last two observations
	hard      map[messages.Key]messages.Level
	announced map[messages.Key]messages.Level
	acked     map[messages.Key]bool // acknowledged
	events    []messages.Key        // one-shots in the next reading
	channels  map[string]*plainChannel
}

// plainChannel is the model of one channel: its route, what it was told, and its pending news.
type plainChannel struct {
	name        string
	signals     []string // prefixes of keys
	least       messages.Level
	after       time.Duration
	fallbackFor string
	quiet       bool

	knows   map[messages.Key]messages.Level
	pending map[messages.Key][]plainNews   // pending news, in order
	later   map[messages.Key]time.Duration // when troubles that may escalate were announced
	over    map[messages.Key]bool          // for a fallback: troubles whose end was routed to it
	fails   outage
	since   time.Duration // when the first attempt failed; negative: none failed
	isDown  bool          // watchdog_delivery is up
	raised  int           // how often watchdog_delivery rose
	told    diary
	events  []messages.Key // pending one-shots
}

type plainNews struct {
	ends  bool
	level messages.Level
}

func newPlainRules(keys []messages.Key) *plainRules {
	p := &plainRules{
		keys: keys, seen: map[messages.Key][2]messages.Level{}, hard: map[messages.Key]messages.Level{},
		announced: map[messages.Key]messages.Level{}, acked: map[messages.Key]bool{}, channels: map[string]*plainChannel{},
	}
	for _, name := range channelNames {
		p.channels[name] = &plainChannel{
			name: name, knows: map[messages.Key]messages.Level{}, pending: map[messages.Key][]plainNews{},
			later: map[messages.Key]time.Duration{}, over: map[messages.Key]bool{}, since: -1, told: diary{},
		}
	}
	p.channels["ops"].signals, p.channels["ops"].least = []string{"dep_down:"}, messages.Critical
	p.channels["phone"].least, p.channels["phone"].after = messages.Critical, 45*time.Minute
	p.channels["mail"].fallbackFor = "chat"
	p.channels["night"].quiet = true
	return p
}

// afternoon is the reload at noon.
func (p *plainRules) afternoon() {
	p.channels["ops"].signals, p.channels["ops"].least = []string{"orch_rule:", "container_"}, messages.OK
}

// acknowledge acknowledges a trouble; ok is false if there is none, or somebody was first. It
// withdraws pending reminders.
func (p *plainRules) acknowledge(key messages.Key) (ok bool) {
	if p.hard[key] == messages.OK || p.acked[key] {
		return false
	}
	p.acked[key] = true
	for _, ch := range p.channels {
		if n := len(ch.pending[key]); n > 0 && !ch.pending[key][n-1].ends && ch.pending[key][n-1].level <= ch.knows[key] {
			delete(ch.pending, key)
		}
	}
	return true
}

// outageToEnd picks an outage to end. It returns "" until every outage has raised watchdog_delivery,
// so that no failure begins while another one ends.
func (p *plainRules) outageToEnd(random *rand.Rand) string {
	var names []string
	for _, name := range channelNames {
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

// observe handles a reading of all signals.
func (p *plainRules) observe(at time.Duration, levels map[messages.Key]messages.Level) {
	p.at = at
	for _, key := range p.keys {
		p.decide(key, levels[key])
	}
	for _, key := range p.events {
		for _, name := range channelNames {
			p.happened(p.channels[name], key)
		}
	}
	p.events = nil
	for _, name := range channelNames {
		p.escalate(p.channels[name])
	}
	for range 3 { // one channel's delivery may cause news for the others
		for _, name := range channelNames {
			p.deliver(p.channels[name])
		}
	}
}

// decide applies rules 1, 2 and 10.
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
		delete(p.acked, key)
		p.tell(key, plainNews{ends: true})
	case hard > told:
		if told > messages.OK {
			delete(p.acked, key)
		}
		p.tell(key, plainNews{level: hard})
	default:
		return
	}
	p.announced[key] = hard
}

// tell routes news to every channel.
func (p *plainRules) tell(key messages.Key, n plainNews) {
	for _, name := range channelNames {
		p.route(p.channels[name], key, n)
	}
}

func (p *plainRules) route(ch *plainChannel, key messages.Key, n plainNews) {
	follows := ch.knows[key] > messages.OK || len(ch.pending[key]) > 0
	of, isDelivery := strings.CutPrefix(string(key), "watchdog_delivery:")
	switch {
	case isDelivery && of == ch.name && !n.ends: // a channel can't tell of its own failure
	case isDelivery:
		ch.add(key, n)
	case n.ends:
		delete(ch.later, key)
		if follows || ch.fallbackFor != "" && p.channels[ch.fallbackFor].isDown {
			ch.add(key, n)
			ch.over[key] = true
		}
	case !ch.takes(key, n.level):
	case follows:
		ch.add(key, n)
	case ch.fallbackFor != "":
		if p.channels[ch.fallbackFor].isDown {
			ch.add(key, n)
		}
	case ch.after == 0:
		ch.add(key, n)
	default:
		if _, waits := ch.later[key]; !waits {
			ch.later[key] = p.at
		}
	}
	if !n.ends {
		delete(ch.over, key)
	}
}

func (ch *plainChannel) add(key messages.Key, n plainNews) {
	ch.pending[key] = append(ch.pending[key], n)
}

func (ch *plainChannel) takes(key messages.Key, level messages.Level) bool {
	fits := len(ch.signals) == 0 || slices.ContainsFunc(ch.signals, func(begin string) bool { return strings.HasPrefix(string(key), begin) })
	return fits && level >= ch.least
}

// happened routes a one-shot, which never escalates.
func (p *plainRules) happened(ch *plainChannel, key messages.Key) {
	switch {
	case !ch.takes(key, messages.Critical) || ch.after > 0:
	case ch.fallbackFor != "" && !p.channels[ch.fallbackFor].isDown:
	default:
		ch.events = append(ch.events, key)
	}
}

// escalate tells troubles that are still active and not acknowledged.
func (p *plainRules) escalate(ch *plainChannel) {
	for key, since := range ch.later {
		if p.at-since >= ch.after && !p.acked[key] && p.seen[key][1] > messages.OK && p.hard[key] > messages.OK && ch.takes(key, p.hard[key]) {
			delete(ch.later, key)
			ch.add(key, plainNews{level: p.hard[key]})
		}
	}
}

// deliver tells a channel its pending news, or counts a failed attempt.
func (p *plainRules) deliver(ch *plainChannel) {
	var now []messages.Key
	for key, pending := range ch.pending {
		if last := pending[len(pending)-1]; !last.ends && last.level == messages.Critical || !ch.isQuiet(p.at) {
			now = append(now, key)
		}
	}
	tries := len(now)+len(ch.events) > 0
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
	for _, key := range ch.events {
		ch.told.note(p.at, key, "EVENT")
	}
	ch.events, ch.since = nil, -1
	if ch.isDown {
		ch.isDown = false
		p.tell(messages.NewKey("watchdog_delivery", ch.name), plainNews{ends: true})
	}
}

func (ch *plainChannel) isQuiet(at time.Duration) bool {
	return ch.quiet && (at+24*time.Hour-quietFrom)%(24*time.Hour) < quietFor
}

// say tells the pending news of one signal, worded by what the channel knows.
func (ch *plainChannel) say(at time.Duration, key messages.Key) {
	pending := ch.pending[key]
	delete(ch.pending, key)
	last, known := pending[len(pending)-1], ch.knows[key]
	began := slices.ContainsFunc(pending, func(n plainNews) bool { return !n.ends })
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

// goesDown raises watchdog_delivery for a channel, and hands its pending news to its fallbacks.
func (p *plainRules) goesDown(ch *plainChannel) {
	ch.isDown = true
	ch.raised++
	p.tell(messages.NewKey("watchdog_delivery", ch.name), plainNews{level: messages.Critical})
	for _, other := range p.channels {
		if other.fallbackFor != ch.name {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(ch.pending)) {
			pending := ch.pending[key]
			last := pending[len(pending)-1]
			follows := other.knows[key] > messages.OK || len(other.pending[key]) > 0
			switch {
			case strings.HasPrefix(string(key), "watchdog_delivery:"), follows, last.ends && other.over[key]: // it was told already
			case last.ends && ch.knows[key] == messages.OK:
				other.add(key, pending[0])
				other.add(key, last)
			default:
				other.add(key, last)
			}
		}
		other.events = append(other.events, ch.events...)
	}
}

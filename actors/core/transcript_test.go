package core

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"orchestrator-watchdog/messages"
)

var update = flag.Bool("update", false, "rewrite the transcripts")

// A transcript holds what happened and, indented below, what was told. Its lines:
//
//	set NAME VALUE                        tick, raise_ticks, clear_ticks, cooldown, grace, group_wait, ack_expires
//	rule GLOB PART=VALUE …                as signals: in the YAML file
//	window GLOB START FOR DAYS ZONE       as maintenance: in the YAML file; DAYS "daily" or "sun,mon"
//	route CHANNEL PART=VALUE …            see stage.route
//	@ 2026-01-01 00:00:00 [ZONE]          sets the time
//	+15s                                  moves the time (also -1h)
//	KEY[@SUBJECT] LEVEL [DETAIL]          one observation
//	N x +15s KEY LEVEL [DETAIL]           N observations, each 15s after the one before
//	all PROBE: KEY LEVEL; KEY LEVEL …     a complete report
//	some PROBE: KEY LEVEL; KEY LEVEL …    a report that is not complete
//	interval PROBE 1m                     the interval in the following reports of the probe
//	took 3s                               how long the reading of the next report took
//	former FROM TO                        the next report says that FROM is now called TO
//	waiting                               shows the signals with a count or a wait under way
//	tick                                  a tick of the clock
//	roster PROBES; CHANNELS [; RENEWED]   names, comma-separated
//	sent CHANNEL [N]                      the channel delivers its whole outbox, as message N
//	failed CHANNEL [permanent]            the channel fails to deliver
//	outbox CHANNEL                        shows the outbox of the channel
//	ack KEY[@SECONDS] [NAME]              NAME (Ann) acknowledges the trouble that began SECONDS after 2026-01-01
//	silence GLOB,GLOB FOR [NAME [REASON]] NAME (Ann) silences; as request N: silence#N …
//	unsilence ID,ID                       Ann ends silences; "all": every one
//	silences                              shows the silences
//	acks                                  shows the acknowledgements
//	levels                                shows the hard and announced levels of all signals
//	restart [from snapshot]               the process restarts
//
// News is shown as: time, news, key, level, reason, "detail".
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := perform(t, want)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (go test ./actors/core -update rewrites it):\n%s", file, diff(want, got))
			}
		})
	}
}

// stage performs a transcript.
type stage struct {
	t        *testing.T
	settings Settings
	state    State
	started  bool
	now      time.Time
	receipts uint64
	interval map[string]time.Duration
	took     time.Duration
	renamed  []messages.Rename
	out      bytes.Buffer
}

func perform(t *testing.T, script []byte) []byte {
	s := &stage{
		t:        t,
		interval: make(map[string]time.Duration),
		now:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		settings: Settings{
			Tick: 15 * time.Second, GroupWait: time.Second, Rules: BuiltinRules(),
			Defaults: Policy{Enabled: true, RaiseTicks: 2, ClearTicks: 2, Cooldown: time.Hour, Flapping: DefaultFlapping, AckExpires: 24 * time.Hour},
		},
	}
	lines := bufio.NewScanner(bytes.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "    ") {
			continue // the recorded output
		}
		s.out.WriteString(line + "\n")
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			s.line(text)
		}
	}
	return s.out.Bytes()
}

func (s *stage) line(text string) {
	word, rest, _ := strings.Cut(text, " ")
	switch {
	case word == "set":
		s.set(rest)
	case word == "rule":
		s.rule(rest)
	case word == "window":
		s.window(rest)
	case word == "route":
		s.route(rest)
	case word == "@":
		s.now = s.date(rest)
	case strings.HasPrefix(word, "+") || strings.HasPrefix(word, "-"):
		s.now = s.now.Add(s.duration(word))
	case word == "all" || word == "some":
		probe, list, _ := strings.Cut(rest, ":")
		s.report(probe, word == "all", s.observations(list))
	case word == "interval":
		probe, interval, _ := strings.Cut(rest, " ")
		s.interval[probe] = s.duration(interval)
	case word == "took":
		s.took = s.duration(rest)
	case word == "former":
		from, to, _ := strings.Cut(rest, " ")
		s.renamed = append(s.renamed, messages.Rename{From: messages.Key(from), To: messages.Key(to)})
	case word == "waiting":
		for _, v := range s.state.Signals() {
			if s.state.UnderWay(v.Key) {
				fmt.Fprintf(&s.out, "    %s\n", v.Key)
			}
		}
	case word == "tick":
		s.step(messages.Tick{At: s.now})
	case word == "roster":
		probes, rest, _ := strings.Cut(rest, ";")
		channels, renewed, _ := strings.Cut(rest, ";")
		s.step(messages.Roster{At: s.now, Probes: names(probes), Channels: names(channels), Renewed: names(renewed)})
	case word == "sent":
		s.sent(rest)
	case word == "failed":
		channel, kind, _ := strings.Cut(rest, " ")
		s.receipts++
		s.step(messages.Receipt{ID: s.receipts, Channel: channel, At: s.now, Err: "refused", Permanent: kind == "permanent"})
	case word == "outbox":
		for _, n := range s.state.Outbox(rest).Items {
			s.show(n, "")
			if wait := n.NotBefore.Sub(s.now); wait > s.settings.GroupWait {
				fmt.Fprintf(&s.out, "        waits until %s\n", s.clock(n.NotBefore))
			}
		}
	case word == "ack":
		s.ack(rest)
	case strings.HasPrefix(word, "silence") && word != "silences":
		s.silence(word, rest)
	case word == "unsilence":
		s.step(messages.Unsilence{At: s.now, By: asker("Ann", ""), IDs: names(rest), All: rest == "all"})
	case word == "silences":
		for _, v := range s.state.Silences() {
			fmt.Fprintf(&s.out, "    %s: %s until %s, by %s, %q\n", v.ID, strings.Join(v.Signals, ","), s.clock(v.Until), v.By, v.Reason)
		}
	case word == "acks":
		for _, v := range s.state.Signals() {
			if a := v.Acknowledged; !a.IsZero() {
				fmt.Fprintf(&s.out, "    %s: by %s at %s\n", v.Key, a.By, s.clock(a.At))
			}
		}
	case word == "levels":
		for _, v := range s.state.Signals() {
			fmt.Fprintf(&s.out, "    %s: hard %s, announced %s\n", v.Key, v.Hard, v.Announced)
		}
	case word == "restart":
		s.restart(rest == "from snapshot")
	case strings.HasPrefix(rest, "x "):
		s.repeat(word, strings.TrimPrefix(rest, "x "))
	default:
		s.observe(text)
	}
}

func (s *stage) restart(fromSnapshot bool) {
	settings := s.settings
	if !fromSnapshot {
		s.state = New(&settings, s.now)
		return
	}
	data, err := s.state.Snapshot()
	s.must(err)
	s.state, err = Restore(data, &settings, s.now)
	s.must(err)
}

func (s *stage) repeat(count, rest string) {
	n, err := strconv.Atoi(count)
	s.must(err)
	step, observation, _ := strings.Cut(rest, " ")
	for range n {
		s.now = s.now.Add(s.duration(step))
		s.observe(observation)
	}
}

func (s *stage) observe(text string) {
	o := s.observations(text)[0]
	if o.Signal.OneShot() {
		s.step(messages.Edge{Probe: "test", At: s.now, Observation: o})
		return
	}
	s.report("test", false, []messages.Observation{o})
}

func (s *stage) report(probe string, complete bool, observations []messages.Observation) {
	s.step(messages.Report{
		Probe: probe, At: s.now, Took: s.took, Interval: s.interval[probe], Complete: complete, Observations: observations, Renamed: s.renamed,
	})
	s.took, s.renamed = 0, nil
}

func (s *stage) observations(list string) []messages.Observation {
	var observations []messages.Observation
	for text := range strings.SplitSeq(list, ";") {
		words := strings.SplitN(strings.TrimSpace(text), " ", 3)
		if words[0] == "" {
			continue
		}
		if len(words) < 2 {
			s.t.Fatalf("no level in %q", text)
		}
		level, err := messages.ParseLevel(words[1])
		s.must(err)
		key, subject, _ := strings.Cut(words[0], "@")
		o := messages.Observation{Signal: messages.Key(key), Level: level, Subject: subject}
		if len(words) == 3 {
			o.Detail = words[2]
		}
		observations = append(observations, o)
	}
	return observations
}

func (s *stage) step(m messages.Message) {
	if !s.started {
		settings := s.settings
		s.state, s.started = New(&settings, s.now), true
	}
	var effects []Effect
	s.state, effects = Step(s.state, m)
	for _, e := range effects {
		switch e := e.(type) {
		case Told:
			s.show(e.Notification, e.Reason.String())
		case Suppressed:
			fmt.Fprintf(&s.out, "    %s (held back: %s %s %s)\n", s.clock(s.now), e.Signal, e.Level, e.Reason)
		case Renamed:
			fmt.Fprintf(&s.out, "    %s (renamed: %s to %s)\n", s.clock(s.now), e.From, e.To)
		case Answer:
			s.answer(e)
		case Pending, Observed, Retired, Outdated: // not shown
		}
	}
}

func asker(name, request string) messages.Asker {
	return messages.Asker{Name: name, Channel: "chat", Request: request}
}

func (s *stage) ack(rest string) {
	words := strings.Fields(rest)
	by := "Ann"
	if len(words) > 1 {
		by = words[1]
	}
	key, began, named := strings.Cut(words[0], "@")
	trouble := messages.Trouble{Signal: messages.Key(key)}
	if named {
		seconds, err := strconv.Atoi(began)
		s.must(err)
		trouble.Began = time.Date(2026, 1, 1, 0, 0, seconds, 0, time.UTC).UnixNano()
	}
	s.step(messages.Acknowledge{At: s.now, By: asker(by, ""), Troubles: []messages.Trouble{trouble}})
}

func (s *stage) silence(word, rest string) {
	words := strings.SplitN(rest, " ", 4)
	_, request, _ := strings.Cut(word, "#")
	m := messages.Silence{At: s.now, By: asker("Ann", request), Signals: names(words[0]), For: s.duration(words[1])}
	if len(words) > 2 {
		m.By.Name = words[2]
	}
	if len(words) > 3 {
		m.Reason = words[3]
	}
	s.step(m)
}

func (s *stage) answer(a Answer) {
	for _, r := range a.Results {
		fmt.Fprintf(&s.out, "    %s (answer to %s: %s", s.clock(a.At), a.To.Name, r.Outcome)
		if r.Signal != "" {
			fmt.Fprintf(&s.out, " %s", r.Signal)
		}
		if r.Outcome == messages.AcknowledgedBefore {
			fmt.Fprintf(&s.out, ", by %s at %s", r.Acknowledged.By, s.clock(r.Acknowledged.At))
		}
		if r.Silence.ID != "" {
			fmt.Fprintf(&s.out, " %s", r.Silence.ID)
		}
		if r.Outcome == messages.Silenced || r.Outcome == messages.SilencedBefore {
			fmt.Fprintf(&s.out, " until %s, covers %d, critical %v", s.clock(r.Silence.Until), r.Covers, r.Critical)
		}
		if r.Why != "" {
			fmt.Fprintf(&s.out, ", %s", r.Why)
		}
		s.out.WriteString(")\n")
	}
}

func (s *stage) show(n messages.Notification, reason string) {
	fmt.Fprintf(&s.out, "    %s %s %s %s", s.clock(n.At), n.News, n.Signal, n.Level)
	if reason != "" {
		fmt.Fprintf(&s.out, " (%s)", reason)
	}
	if n.News == messages.Recovered || n.News == messages.Missed {
		fmt.Fprintf(&s.out, " since %s", s.clock(n.Since))
	}
	if n.Count > 1 {
		fmt.Fprintf(&s.out, " count %d", n.Count)
	}
	if n.ReplyTo != 0 {
		fmt.Fprintf(&s.out, " reply to %d", n.ReplyTo)
	}
	if text := n.Line(); text != "" {
		fmt.Fprintf(&s.out, " %q", text)
	}
	s.out.WriteByte('\n')
}

func (s *stage) sent(rest string) {
	channel, number, _ := strings.Cut(rest, " ")
	var id int64
	if number != "" {
		n, err := strconv.ParseInt(number, 10, 64)
		s.must(err)
		id = n
	}
	s.receipts++
	s.step(messages.Receipt{ID: s.receipts, Channel: channel, At: s.now, Items: s.state.Outbox(channel).Items, MessageID: id})
}

func (s *stage) set(rest string) {
	name, value, _ := strings.Cut(rest, " ")
	switch name {
	case "tick":
		s.settings.Tick = s.duration(value)
	case "cooldown":
		s.settings.Defaults.Cooldown = s.duration(value)
	case "ack_expires":
		s.settings.Defaults.AckExpires = s.duration(value)
	case "grace":
		s.settings.StartupGrace = s.duration(value)
	case "group_wait":
		s.settings.GroupWait = s.duration(value)
	case "raise_ticks":
		s.settings.Defaults.RaiseTicks = s.ticks(value)
	case "clear_ticks":
		s.settings.Defaults.ClearTicks = s.ticks(value)
	default:
		s.t.Fatalf("set %s: no such setting", name)
	}
	s.reconfigure()
}

func (s *stage) rule(rest string) {
	words := strings.Fields(rest)
	r := Rule{Glob: words[0], From: "transcript"}
	for _, part := range words[1:] {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "enabled", "mute":
			b, err := strconv.ParseBool(value)
			s.must(err)
			if name == "enabled" {
				r.Enabled = &b
			} else {
				r.Mute = &b
			}
		case "raise_ticks":
			n := s.ticks(value)
			r.RaiseTicks = &n
		case "clear_ticks":
			n := s.ticks(value)
			r.ClearTicks = &n
		case "cooldown":
			d := s.duration(value)
			r.Cooldown = &d
		case "severity":
			l, err := messages.ParseLevel(value)
			s.must(err)
			r.Severity = &l
		case "inhibited_by":
			by := names(value)
			r.InhibitedBy = &by
		case "flapping.changes":
			n := s.ticks(value)
			r.FlapChanges = &n
		case "flapping.within":
			d := s.duration(value)
			r.FlapWithin = &d
		case "flapping.settle":
			d := s.duration(value)
			r.FlapSettle = &d
		default:
			s.t.Fatalf("rule: no such part %q", name)
		}
	}
	s.settings.Rules = append(s.settings.Rules[:len(s.settings.Rules):len(s.settings.Rules)], r)
	s.reconfigure()
}

// route sets the route of a channel: `route phone min=critical after=15m`.
func (s *stage) route(rest string) {
	words := strings.Fields(rest)
	r := &Route{}
	for _, part := range words[1:] {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "signals":
			r.Signals = names(value)
		case "min":
			r.MinSeverity, err = messages.ParseLevel(value)
		case "after":
			r.After = s.duration(value)
		case "fallback_for":
			r.FallbackFor = value
		case "quiet":
			start, length, _ := strings.Cut(value, "/")
			r.Quiet = &Window{Start: s.timeOfDay(start), For: s.duration(length), Zone: time.UTC}
		default:
			s.t.Fatalf("route: no such part %q", name)
		}
		s.must(err)
	}
	routes := map[string]*Route{words[0]: r}
	for name, other := range s.settings.Routes {
		if name != words[0] {
			routes[name] = other
		}
	}
	s.settings.Routes = routes
	s.reconfigure()
}

func (s *stage) timeOfDay(text string) time.Duration {
	at, err := time.Parse("15:04", text)
	s.must(err)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

func (s *stage) window(rest string) {
	words := strings.Fields(rest)
	w := &Window{Signals: words[0], Start: s.timeOfDay(words[1]), For: s.duration(words[2]), From: "transcript"}
	var err error
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.Contains(words[3], strings.ToLower(d.String()[:3])) {
			w.Days = append(w.Days, d)
		}
	}
	w.Zone, err = time.LoadLocation(words[4])
	s.must(err)
	s.settings.Windows = append(s.settings.Windows[:len(s.settings.Windows):len(s.settings.Windows)], w)
	s.reconfigure()
}

func (s *stage) reconfigure() {
	if s.started {
		settings := s.settings
		s.state = Reconfigure(s.state, &settings, s.now)
	}
}

func (s *stage) date(text string) time.Time {
	words := strings.Fields(text)
	zone := time.UTC
	if len(words) == 3 {
		var err error
		zone, err = time.LoadLocation(words[2])
		s.must(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", words[0]+" "+words[1], zone)
	s.must(err)
	return at.UTC()
}

func (s *stage) duration(text string) time.Duration {
	d, err := time.ParseDuration(strings.TrimPrefix(text, "+"))
	s.must(err)
	return d
}

func (s *stage) ticks(text string) uint16 {
	n, err := strconv.ParseUint(text, 10, 16)
	s.must(err)
	return uint16(n)
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// clock formats a time, with its date unless that is 2026-01-01.
func (s *stage) clock(at time.Time) string {
	if at.Format(time.DateOnly) == "2026-01-01" {
		return at.Format(time.TimeOnly)
	}
	return at.Format(time.DateTime)
}

func names(list string) []string {
	var all []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// diff returns the first line in which the two differ, and the lines around it.
func diff(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			from := max(0, i-5)
			return fmt.Sprintf("line %d\nwant:\n%s\ngot:\n%s", i+1, strings.Join(w[from:min(i+3, len(w))], "\n"), strings.Join(g[from:min(i+3, len(g))], "\n"))
		}
	}
	return ""
}

package messages

import "fmt"

// Level is the level of a signal. The numbers are the values of the metric
// watchdog_signal_level.
type Level int8

// The levels, from no data to worst.
const (
	Unknown  Level = -1 // no data: neither good nor bad
	OK       Level = 0
	Warning  Level = 1
	Critical Level = 2
	// AnnouncedFlapping is only an announced level: people were told that the signal flaps.
	// It can't be observed.
	AnnouncedFlapping Level = 3
)

var levelNames = [...]string{"unknown", "ok", "warning", "critical", "flapping"}

// String returns the level's name as logs, JSON and settings spell it.
func (l Level) String() string {
	if l < Unknown || l > AnnouncedFlapping {
		return fmt.Sprintf("level(%d)", int8(l))
	}
	return levelNames[l+1]
}

// ParseLevel parses the name of a level that can be observed. The case matters.
func ParseLevel(name string) (Level, error) {
	for i, n := range levelNames[:Critical+2] {
		if n == name {
			return Level(i) - 1, nil
		}
	}
	return Unknown, fmt.Errorf("level %q is not one of ok, warning, critical, unknown", name)
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(text []byte) error {
	if string(text) == levelNames[AnnouncedFlapping+1] {
		*l = AnnouncedFlapping
		return nil
	}
	parsed, err := ParseLevel(string(text))
	if err != nil {
		return err
	}
	*l = parsed
	return nil
}

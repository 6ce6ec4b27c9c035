package messages

import "time"

// Message is what the decision core takes: a closed set.
//
//sumtype:decl
type Message interface {
	// When is the time of the message, by which the core decides.
	When() time.Time
	message()
}

func (Tick) message()        {}
func (Report) message()      {}
func (Edge) message()        {}
func (Receipt) message()     {}
func (Roster) message()      {}
func (Crash) message()       {}
func (Retired) message()     {}
func (Acknowledge) message() {}
func (Silence) message()     {}
func (Unsilence) message()   {}

// When implements Message.
func (m Tick) When() time.Time { return m.At }

// When implements Message.
func (m Report) When() time.Time { return m.At }

// When implements Message.
func (m Edge) When() time.Time { return m.At }

// When implements Message.
func (r Receipt) When() time.Time { return r.At }

// When implements Message.
func (m Roster) When() time.Time { return m.At }

// When implements Message.
func (m Crash) When() time.Time { return m.At }

// When implements Message.
func (m Retired) When() time.Time { return m.At }

// When implements Message.
func (m Acknowledge) When() time.Time { return m.At }

// When implements Message.
func (m Silence) When() time.Time { return m.At }

// When implements Message.
func (m Unsilence) When() time.Time { return m.At }

// Roster names the probes and channels that exist: signals of a probe that is
// not in it are retired. It is sent at the start and after a reload.
type Roster struct {
	At       time.Time
	Probes   []string
	Channels []string
	Renewed  []string // channels that reach other people now than under the former roster
}

// Crash tells the core that it panicked on a message and that the message was dropped.
type Crash struct {
	At   time.Time
	On   string   // what kind of message it was
	Lost *Receipt // the message where it was a receipt, so that its channel does not wait for it
}

// Retired says that the subject of a signal is gone on purpose. A probe says so by a complete
// report that does not name the signal; a log says so by a line.
type Retired struct {
	At     time.Time
	Signal Key
}

func (Polled) message() {}

// When implements Message.
func (m Polled) When() time.Time { return m.At }

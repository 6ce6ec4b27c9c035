package messages

import "time"

// Message is the closed set of messages that the decision core takes.
//
//sumtype:decl
type Message interface {
	// When returns the time of the message. The core decides by it.
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
func (Polled) message()      {}

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

// When implements Message.
func (m Polled) When() time.Time { return m.At }

// Roster lists the probes and channels that exist. The core retires the signals of
// all other probes. It is sent at the start and after a reload.
type Roster struct {
	At       time.Time
	Probes   []string
	Channels []string
	Renewed  []string // channels that reach other people than under the previous roster
}

// Crash tells the core that it panicked on a message and that the message was dropped.
type Crash struct {
	At   time.Time
	On   string   // the type of the message
	Lost *Receipt // the message, if it was a receipt, so that its channel does not wait for it
}

// Retired says that the subject of a signal is gone on purpose. It comes from a replayed log;
// a probe says the same by a complete report without the signal.
type Retired struct {
	At     time.Time
	Signal Key
}

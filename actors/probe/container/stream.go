package container

import "orchestrator-watchdog/messages/mailbox"

// maxHappenings wait for the next reading: some times what the engine itself keeps.
const maxHappenings = 2048

// Stream is the mailbox between the watcher and the probe. Wiring makes it, and it
// outlives the restarts of both.
type Stream struct {
	happenings *mailbox.Queue[happening]
	wake       chan struct{}
}

// NewStream makes an empty one.
func NewStream() *Stream {
	return &Stream{happenings: mailbox.NewQueue[happening](maxHappenings), wake: make(chan struct{}, 1)}
}

// Wake delivers when the probe is to look at once.
func (s *Stream) Wake() <-chan struct{} { return s.wake }

func (s *Stream) look() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// drain gives what happened since the last reading.
func (s *Stream) drain(each func(happening)) {
	for s != nil {
		select {
		case h := <-s.happenings.C():
			each(*h)
		default:
			return
		}
	}
}

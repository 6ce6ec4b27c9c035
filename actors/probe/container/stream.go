package container

import "orchestrator-watchdog/messages/mailbox"

// maxEvents bounds the events that wait for the next reading. The engine keeps fewer.
const maxEvents = 2048

// Stream is the queue of events from the watcher to the probe. It survives restarts of both.
type Stream struct {
	queue *mailbox.Queue[event]
	wake  chan struct{}
}

// NewStream creates an empty stream.
func NewStream() *Stream {
	return &Stream{queue: mailbox.NewQueue[event](maxEvents), wake: make(chan struct{}, 1)}
}

// Wake receives when the probe should read at once.
func (s *Stream) Wake() <-chan struct{} { return s.wake }

func (s *Stream) wakeProbe() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// drain calls each with every waiting event. The stream may be nil.
func (s *Stream) drain(each func(event)) {
	for s != nil {
		select {
		case h := <-s.queue.C():
			each(*h)
		default:
			return
		}
	}
}

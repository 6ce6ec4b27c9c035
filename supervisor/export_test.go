package supervisor

// Poison sends the core a message on which it panics.
func (t *Tree) Poison() { t.wiring.control <- nil }

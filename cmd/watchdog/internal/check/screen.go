package check

// DefaultWidth is how many columns a table has where nobody says: of a terminal that
// does not tell, and of anything that is none.
const DefaultWidth = 80

// minWidth is the narrowest table; below it lines are as long as they have to be.
const minWidth = 60

// Screen is what a table is made for.
type Screen struct {
	Width  int // columns; 0: DefaultWidth
	Colour bool
}

func (s Screen) width() int {
	if s.Width == 0 {
		return DefaultWidth
	}
	return max(s.Width, minWidth)
}

// colours of the states, as terminals know them.
var colours = map[string]string{"critical": "\x1b[1;31m", "warning": "\x1b[33m", "unknown": "\x1b[35m", pending: "\x1b[36m", "ok": "\x1b[32m"}

const colourEnd = "\x1b[0m"

// colour colours a state; what follows it on the line stays as it was.
func (s Screen) colour(state, text string) string {
	code, known := colours[state]
	if !s.Colour || !known {
		return text
	}
	return code + text + colourEnd
}

package field

// Threshold is a level with hysteresis, as whoever judges by it declares it.
type Threshold struct {
	Name    string // in the file
	Unit    string
	Doc     string
	Percent bool // of something whole
	Warning bool // it is never critical

	Raise, Clear  float64
	RaiseCritical float64 // 0: never
}

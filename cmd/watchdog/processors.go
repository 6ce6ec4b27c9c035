package main

import (
	"os"
	"runtime"
)

// probesPerProcessor is how many probes one processor is used for. Checked every 10 s, as many
// dependencies take a tenth of a processor over http, and a third over https.
const probesPerProcessor = 2000

// processors is how many processors the process may use: those of the machine, or of the
// container's limit.
var processors = runtime.GOMAXPROCS(0)

// limitProcessors limits the processors that run Go code at a time to what the probes need
// (ADR 18). GOMAXPROCS takes precedence.
func limitProcessors(probes int) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(processors, 1+probes/probesPerProcessor))
	}
}

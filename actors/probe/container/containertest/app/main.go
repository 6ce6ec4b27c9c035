// Command app is what the tests run in containers: it lives and dies as it is told.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// longest is when every container of the tests ends, whatever became of its test.
const longest = 10 * time.Minute

func main() {
	if len(os.Args) < 2 {
		fmt.Println("usage: app run [CODE] | deaf | exit CODE [AFTER] | log CODE LINE… | exitwhen CODE FILE | eat | serve ADDRESS | healthy FILE")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "run": // until it is asked to stop; it ends with the code then
		code := 0
		if len(os.Args) > 2 {
			code, _ = strconv.Atoi(os.Args[2])
		}
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		select {
		case <-stop:
			os.Exit(code)
		case <-time.After(longest):
		}
	case "deaf": // does not hear SIGTERM, and so is killed in the end
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(longest)
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		if len(os.Args) > 3 {
			after, _ := time.ParseDuration(os.Args[3])
			time.Sleep(after)
		}
		os.Exit(code)
	case "log": // lines, on both streams in turn, and the end
		code, _ := strconv.Atoi(os.Args[2])
		for i, line := range os.Args[3:] {
			fmt.Fprintln([]*os.File{os.Stdout, os.Stderr}[i%2], line)
			time.Sleep(20 * time.Millisecond) // the engine puts the streams together by time
		}
		os.Exit(code)
	case "print": // no line feed at the end
		fmt.Print(os.Args[2])
	case "flood": // as fast as it can, lines of 8 KiB
		line := []byte(strings.Repeat("flood ", 8<<10/6) + "\n")
		for end := time.Now().Add(longest); time.Now().Before(end); {
			_, _ = os.Stdout.Write(line)
		}
	case "exitwhen": // a file is there, so that many end at one moment
		code, _ := strconv.Atoi(os.Args[2])
		for range time.Tick(10 * time.Millisecond) {
			if _, err := os.Stat(os.Args[3]); err == nil {
				os.Exit(code)
			}
		}
	case "eat":
		eat()
	case "serve": // an orchestrator's envelope; who asks for /eat lets it eat
		http.HandleFunc("GET /eat", func(http.ResponseWriter, *http.Request) { eat() })
		http.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"schema_version":1,"generated_at":%d}`, time.Now().Unix())
		})
		go func() {
			time.Sleep(longest)
			os.Exit(0)
		}()
		fmt.Println(http.ListenAndServe(os.Args[2], nil))
		os.Exit(1)
	case "healthy": // a healthcheck: whether the file is there
		if _, err := os.Stat(os.Args[2]); err != nil {
			fmt.Println("not well:", err)
			os.Exit(1)
		}
	}
}

// eat takes more memory than there is.
func eat() {
	for eaten := [][]byte{}; ; {
		block := make([]byte, 8<<20)
		for i := range block {
			block[i] = 1
		}
		eaten = append(eaten, block)
		_ = eaten[0]
	}
}

// Command app is the program that the tests run in containers. Its arguments say how it behaves.
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

// longest is when every container ends by itself, in case its test does not remove it.
const longest = 10 * time.Minute

func main() {
	if len(os.Args) < 2 {
		fmt.Println("usage: app run [CODE] | deaf | exit CODE [AFTER] | log CODE LINE… | exitwhen CODE FILE | eat | serve ADDRESS | healthy FILE")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "run": // run until SIGTERM, and exit with the code
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
	case "deaf": // ignore SIGTERM
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(longest)
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		if len(os.Args) > 3 {
			after, _ := time.ParseDuration(os.Args[3])
			time.Sleep(after)
		}
		os.Exit(code)
	case "log": // print lines to both streams in turn, and exit with the code
		code, _ := strconv.Atoi(os.Args[2])
		for i, line := range os.Args[3:] {
			fmt.Fprintln([]*os.File{os.Stdout, os.Stderr}[i%2], line)
			time.Sleep(20 * time.Millisecond) // the engine merges the streams by time
		}
		os.Exit(code)
	case "print": // print a text without a line feed
		fmt.Print(os.Args[2])
	case "flood": // print lines of 8 KiB as fast as possible
		line := []byte(strings.Repeat("flood ", 8<<10/6) + "\n")
		for end := time.Now().Add(longest); time.Now().Before(end); {
			_, _ = os.Stdout.Write(line)
		}
	case "exitwhen": // exit once a file exists, so that many containers end at the same moment
		code, _ := strconv.Atoi(os.Args[2])
		for range time.Tick(10 * time.Millisecond) {
			if _, err := os.Stat(os.Args[3]); err == nil {
				os.Exit(code)
			}
		}
	case "eat":
		eat()
	case "serve": // serve an orchestrator's envelope; GET /eat calls eat
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
	case "healthy": // a healthcheck: exit with 0 if a file exists
		if _, err := os.Stat(os.Args[2]); err != nil {
			fmt.Println("not well:", err)
			os.Exit(1)
		}
	}
}

// eat allocates memory until it is killed.
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

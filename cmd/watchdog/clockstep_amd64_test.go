package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stepClock steps the wall clock of one process only. In the memory of the process it replaces
// the function with which the kernel lets it read the clock (the vDSO) by one that asks
// the kernel and adds the step. The monotonic clock does not change. A time namespace
// can't do this: it shifts only monotonic clocks, and only for new processes.
func stepClock(t *testing.T, pid int, by time.Duration) {
	t.Helper()
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: needs the right to write into another process: %v", err)
	}
	defer memory.Close()
	start, end := vdsoOf(t, pid)
	code := []byte{
		0xb8, 0xe4, 0, 0, 0, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi: CLOCK_REALTIME is 0
		0x75, 0x0d, // jne: to the ret
		0x48, 0xb9, // mov rcx, the step
	}
	code = binary.LittleEndian.AppendUint64(code, uint64(int64(by/time.Second)))
	code = append(code, 0x48, 0x01, 0x0e, // add [rsi], rcx: the seconds
		0xc3) // ret
	readsClock := start + symbolOf(t, memory, start, end, "__vdso_clock_gettime")
	stopOutside(t, pid, start, end)
	_, err = memory.WriteAt(code, int64(readsClock))
	must(t, syscall.Kill(pid, syscall.SIGCONT))
	if err != nil {
		t.Skipf("SKIPPED: this kernel does not allow to write there: %v", err)
	}
}

// vdsoOf returns the address range of the vDSO in a process.
func vdsoOf(t *testing.T, pid int) (start, end uint64) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	must(t, err)
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(line, "[vdso]\n") {
			_, err := fmt.Sscanf(line, "%x-%x", &start, &end)
			must(t, err)
			return start, end
		}
	}
	t.Skip("SKIPPED: this kernel gives processes no vDSO")
	return 0, 0
}

// symbolOf returns the offset of a function from the start.
func symbolOf(t *testing.T, memory io.ReaderAt, start, end uint64, name string) uint64 {
	t.Helper()
	text := make([]byte, end-start)
	_, err := memory.ReadAt(text, int64(start))
	must(t, err)
	object, err := elf.NewFile(bytes.NewReader(text))
	must(t, err)
	symbols, err := object.DynamicSymbols()
	must(t, err)
	for _, s := range symbols {
		if s.Name == name {
			return s.Value
		}
	}
	t.Fatalf("no %s in the vDSO", name)
	return 0
}

// stopOutside stops a process at a moment when none of its threads is in that range of code.
func stopOutside(t *testing.T, pid int, start, end uint64) {
	t.Helper()
	for range 100 {
		must(t, syscall.Kill(pid, syscall.SIGSTOP))
		time.Sleep(20 * time.Millisecond) // each thread stops by itself
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
		must(t, err)
		inside := false
		for _, thread := range threads {
			text, err := os.ReadFile(thread)
			must(t, err)
			fields := strings.Fields(string(text))
			var counter uint64
			_, err = fmt.Sscanf(fields[len(fields)-1], "0x%x", &counter)
			inside = inside || err != nil || counter >= start && counter < end
		}
		if !inside {
			return
		}
		must(t, syscall.Kill(pid, syscall.SIGCONT))
	}
	t.Fatal("a thread is always reading the clock")
}

// A clock that steps ahead is detected by the clocks of the peers. An active trouble gets one
// reminder, because by this clock the cooldown has passed, and no storm. When the clock steps back,
// nothing is lost, and no duration is negative.
func TestTheClockSteps(t *testing.T) {
	t.Parallel()
	orch, api := newOrchestrator(t), chat(t)
	config, proc := filepath.Join(t.TempDir(), "w.yaml"), t.TempDir()
	text := "signals: {'host_*': {mute: true}, host_clock: {mute: false}}\ndependencies:\n"
	for n := range 3 { // host_clock needs three peers
		text += fmt.Sprintf("- {name: d%d, http: {url: %q}}\n", n, newOrchestrator(t).URL)
	}
	must(t, os.WriteFile(config, []byte(text), 0o600))
	d := start(t, append(telegramSettings(api), "WATCHDOG_CONFIG="+config, "WATCHDOG_ORCH_URL="+orch.URL, "WATCHDOG_COOLDOWN=1h",
		"WATCHDOG_HOST_ENABLED=true", "WATCHDOG_HOST_PROC="+proc, "WATCHDOG_HOST_MOUNTS=/")...)
	d.observes("host_clock", "ok")
	orch.answers(broken)
	told := []string{"ALERT orch_down"}
	hears(t, api, told...)
	time.Sleep(1500 * time.Millisecond) // the pace of the chat: the next message is sent at once
	stepClock(t, d.cmd.Process.Pid, 3*time.Hour)
	told = append(told, "STILL orch_down", "ALERT host_clock")
	hears(t, api, told...)
	stepClock(t, d.cmd.Process.Pid, 0)
	told = append(told, "RECOVERED host_clock")
	hears(t, api, told...)
	orch.answers(envelope(1))
	told = append(told, "RECOVERED orch_down")
	for _, i := range hears(t, api, told...) {
		if strings.Contains(i.message.Plain, "for -") {
			t.Errorf("a negative duration:\n%s", i.message.Plain)
		}
	}
	d.ends(api, told...)
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// newMachine chooses the first and the last processor that this process may use,
// and moves it to the last one.
func newMachine() (machine, error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return machine{}, nil //nolint:nilerr // it is not allowed here: nothing is pinned
	}
	var cores []int
	for core := range 1024 {
		if allowed.IsSet(core) {
			cores = append(cores, core)
		}
	}
	if len(cores) < 2 {
		return machine{}, nil
	}
	m := machine{pinned: true, server: cores[0], load: cores[len(cores)-1]}
	runtime.GOMAXPROCS(1)
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return machine{}, err
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(filepath.Base(thread)); err == nil {
			set := only(m.load)
			if err := unix.SchedSetaffinity(id, &set); err != nil {
				return machine{}, fmt.Errorf("pin to processor %d: %w", m.load, err)
			}
		}
	}
	return m, nil
}

func only(core int) unix.CPUSet {
	var set unix.CPUSet
	set.Set(core)
	return set
}

// on calls start, which starts a process, so that the process runs on a processor: it
// inherits that of the thread.
func (m machine) on(core int, start func() error) error {
	if !m.pinned {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	there, back := only(core), only(m.load)
	if err := unix.SchedSetaffinity(0, &there); err != nil {
		return fmt.Errorf("pin to processor %d: %w", core, err)
	}
	err := start()
	if backErr := unix.SchedSetaffinity(0, &back); err == nil && backErr != nil {
		err = fmt.Errorf("pin to processor %d: %w", m.load, backErr)
	}
	return err
}

// cpuTime returns how long the threads of a process have run.
func cpuTime(pid int) (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("process %d has ended: %w", pid, os.ErrProcessDone)
	}
	var total time.Duration
	for _, thread := range threads {
		raw, err := os.ReadFile(thread)
		if err != nil {
			continue // the thread has ended
		}
		ran, _, _ := strings.Cut(string(raw), " ")
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", thread, err)
		}
		total += time.Duration(n)
	}
	return total, nil
}

// resident returns the memory that a process has now, and peak the most it had, in
// bytes.
func resident(pid int) (int64, error) { return statusField(pid, "VmRSS:") }
func peak(pid int) (int64, error)     { return statusField(pid, "VmHWM:") }

func statusField(pid int, name string) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, name)
}

// processorTime returns how long all processors have been used since the machine
// started, and how long that is in all; and how long this process and those that it has
// started, which must have ended, have used them.
func processorTime() (used, all, own time.Duration, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("/proc/stat: %w", err)
		}
		t := time.Duration(n) * (time.Second / 100) // the unit is the same on all common architectures
		switch i {
		case 3, 4: // idle, and waiting for a disk
			all += t
		case 0, 1, 2, 5, 6, 7:
			all, used = all+t, used+t
		}
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			return 0, 0, 0, err
		}
		own += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return used, all, own, nil
}

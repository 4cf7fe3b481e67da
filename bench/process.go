package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A process is a server under test.
type process struct {
	cmd   *exec.Cmd
	addr  string
	admin string // "" if it is another program
	stop  func()
	log   *tail
}

// A machine says where processes run: the server on one processor, everything else
// on another, where the system can tell them so.
type machine struct {
	pinned       bool
	server, load int
}

// environment is that of all servers: one processor, whether or not it can be pinned.
func environment() []string { return append(os.Environ(), "GOMAXPROCS=1") }

// startServer starts a process of this program that serves s.
func (m machine) startServer(ctx context.Context, s spec, core int, env ...string) (*process, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", string(raw))
	cmd.Env = env
	p, err := m.start(cmd, core)
	if err != nil {
		return nil, err
	}
	var h hello
	if err := json.NewDecoder(p.stdout).Decode(&h); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s does not start: %w: %s", s.Subject, err, p.log)
	}
	p.addr, p.admin = h.Addr, "http://"+h.Admin
	return p.process, nil
}

// startCommand starts another program that listens at addr, and waits for it.
func (m machine) startCommand(ctx context.Context, command []string, addr string) (*process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	p, err := m.start(cmd, m.server)
	if err != nil {
		return nil, err
	}
	p.addr = addr
	for range 300 {
		var c *connection
		if c, err = dial(ctx, addr); err == nil {
			c.close()
			return p.process, nil
		}
		if !sleep(ctx, 100*time.Millisecond) {
			break
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s does not listen: %w: %s", command[0], err, p.log)
}

type started struct {
	*process
	stdout io.Reader
}

func (m machine) start(cmd *exec.Cmd, core int) (*started, error) {
	log := &tail{}
	cmd.Env, cmd.Stderr = append(environment(), cmd.Env...), log
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.on(core, cmd.Start); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, log: log}
	p.stop = sync.OnceFunc(func() {
		stdin.Close()
		_ = cmd.Process.Kill() // fails if it has ended
		_ = cmd.Wait()         // says that it was killed
	})
	return &started{p, bufio.NewReader(stdout)}, nil
}

// run runs a process of this program to its end on the processor of servers, and
// decodes what it prints into v.
func (m machine) run(ctx context.Context, v any, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	var stdout bytes.Buffer
	log := &tail{}
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &stdout, log
	if err := m.on(m.server, cmd.Start); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", args[0], err, log)
	}
	return json.Unmarshal(stdout.Bytes(), v)
}

// freeAddress returns an address of loopback that nothing listens at.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// A usage is what a process has used since it began.
type usage struct {
	cpu time.Duration
	rss int64 // now, in bytes
	memory
}

// usage returns what p has used; what the system or the process does not tell is 0.
func (p *process) usage(ctx context.Context) (u usage, err error) {
	if p.admin != "" {
		if u.memory, err = get[memory](ctx, "GET", p.admin+"/memory"); err != nil {
			return u, err
		}
	}
	pid := p.cmd.Process.Pid
	if u.cpu, err = cpuTime(pid); err == nil {
		u.rss, err = resident(pid)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return u, err
}

// A tail keeps the last 4 KB written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	t.end = t.end[max(0, len(t.end)-4<<10):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}

// sleep waits for d, and reports whether ctx has not ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

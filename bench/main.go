// Command bench measures mcpmount against the routes of an API themselves, against
// other ways to give it MCP, and against a reverse proxy, all in one run, and holds
// what it sees against the floors that mcpmount promises.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command measures, or is one of the child processes that do.
func command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 1 {
		switch args[0] {
		case "serve":
			return serve(args[1:], stdin, stdout)
		case "direct":
			return measureDirect(args[1:], stdout)
		case "cold":
			return measureCold(args[1:], stdout)
		}
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "a run of a minute, to see that everything works; its figures are rough")
	python := flags.Bool("python", false, "also FastAPI-MCP and FastMCP, which are installed into bench/.python")
	soak := flags.Duration("soak", 0, "also this long a time of load, such as 10m, to see whether memory grows")
	write := flags.Bool("write", false, "write the results to docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q; see -help", flags.Arg(0))
	}
	m, err := newMachine()
	if err != nil {
		return err
	}
	p := thorough()
	if *quick {
		p = brief()
	}
	p.python, p.endurance = *python, *soak
	results, err := measure(ctx, p, m, stderr)
	if err != nil {
		return err
	}
	report := results.report()
	fmt.Fprint(stdout, report)
	if *write {
		return writePage(documentation, report)
	}
	return nil
}

// A plan says what is measured, and for how long.
type plan struct {
	rounds      int           // that count; one more comes before them
	slice       time.Duration // of one row in one round
	connections []int         // of small calls
	lists       []int         // numbers of tools
	others      int           // connections of other work than small calls
	generated   int           // operations of the generated document
	sessions    int           // idle ones
	period      time.Duration // of what is not done in rounds
	python      bool
	endurance   time.Duration // of the load that shows whether memory grows; 0 for none
}

func thorough() plan {
	return plan{rounds: 5, slice: 300 * time.Millisecond, connections: []int{1, 16, 32, 256}, lists: []int{1, 100, 1000}, others: 16,
		generated: 10_000, sessions: 2000, period: 5 * time.Second}
}

func brief() plan {
	return plan{rounds: 2, slice: 100 * time.Millisecond, connections: []int{16, 32, 256}, lists: []int{1, 1000}, others: 16,
		generated: 1000, sessions: 500, period: 2 * time.Second}
}

// measure measures what p says, and how much of the machine others had meanwhile.
func measure(ctx context.Context, p plan, m machine, progress io.Writer) (*results, error) {
	used, all, own, err := processorTime()
	r, measureErr := measureAlone(ctx, p, m, progress)
	if err != nil || measureErr != nil {
		return r, measureErr
	}
	usedThen, allThen, ownThen, err := processorTime()
	if err == nil && allThen > all {
		others := float64(usedThen-used-(ownThen-own)) / float64(allThen-all)
		r.notes = append(r.notes, fmt.Sprintf("Other programs had %.0f %% of the processors meanwhile.", 100*max(others, 0)))
	}
	return r, nil
}

func measureAlone(ctx context.Context, p plan, m machine, progress io.Writer) (*results, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{plan: p, machine: m, progress: progress, dir: dir}
	defer b.close()
	r := &results{plan: p, machine: m}
	subjects := append(goSubjects(), commandSubject(dir))
	if p.python {
		others, note := pythonSubjects(ctx, progress)
		r.notes = append(r.notes, note)
		subjects = append(subjects, others...)
	} else {
		r.notes = append(r.notes, "FastAPI-MCP and FastMCP were not asked for (`-python`).")
	}
	r.contests = contests(p, subjects)
	for _, c := range r.contests {
		if err := b.hold(ctx, c); err != nil {
			return nil, err
		}
	}
	return r, b.measureRest(ctx, r)
}

// contests are what is done in rounds.
func contests(p plan, subjects []subject) []*contest {
	var all []*contest
	for _, n := range p.connections {
		c := newContest(smallCall(), n, subjects...)
		c.rows = append(c.rows, sleeping(plainREST, rest), sleeping(inProcess, stateless), sleeping(goSDK, stateless), sleeping(mcpGo, stateless))
		all = append(all, c)
	}
	all = append(all, lessGarbage(p.others))
	all = append(all, newContest(largeAnswer(), p.others, goSubjects()...), newContest(upload(), min(p.others, 4), goSubjects()...))
	for _, n := range p.lists {
		all = append(all, newContest(list(n), p.others, inProcess, goSDK, mcpGo))
	}
	return all
}

// lessGarbage is the small call where garbage is collected a quarter as often, which shows
// what that costs.
func lessGarbage(connections int) *contest {
	w := smallCall()
	w.name += ", GOGC=400"
	c := newContest(w, connections, plainREST, inProcess)
	c.environment = []string{"GOGC=400"}
	return c
}

// measureRest measures what is not done in rounds against others.
func (b *bench) measureRest(ctx context.Context, r *results) (err error) {
	if r.directs, err = b.directs(ctx); err != nil {
		return err
	}
	if r.starts, err = b.coldStarts(ctx, b.generated); err != nil {
		return err
	}
	if r.idles, err = b.idleSessions(ctx, b.sessions, inProcess, goSDK, mcpGo); err != nil {
		return err
	}
	if r.updating, err = b.updates(ctx, b.period); err != nil {
		return err
	}
	s, w := stripeCall()
	if r.stripeLoad, err = b.endure(ctx, "Stripe's document", s, w, b.period); err != nil || b.endurance == 0 {
		return err
	}
	r.longLoad, err = b.endure(ctx, "The warehouse", spec{Subject: inProcess.name}, smallCall(), b.endurance)
	return err
}

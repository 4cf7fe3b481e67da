package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/mcpmount/mcpmount"
)

// updatedTools is how many tools each update exchanges.
const updatedTools = 1000

// An updating is what calls saw of updates.
type updating struct {
	calls                uint64 // while there were updates
	p99, longest         time.Duration
	quietP99, quietWorst time.Duration // of as long a time without updates
	updates              []time.Duration
	skipped              string
}

// editions returns two documents with n operations that differ, beside those of the
// warehouse.
func editions(n int) ([]*mcpmount.Document, error) {
	var docs []*mcpmount.Document
	for _, edition := range []string{"even", "odd"} {
		doc, err := mcpmount.ParseOpenAPI(warehouse)
		if err != nil {
			return nil, err
		}
		more, err := generated(n, edition)
		if err != nil {
			return nil, err
		}
		doc.Operations = append(doc.Operations, more.Operations...)
		docs = append(docs, doc)
	}
	return docs, nil
}

// updates exchanges all tools again and again while others are called.
func (b *bench) updates(ctx context.Context, d time.Duration) (u updating, err error) {
	fmt.Fprintf(b.progress, "updates of %d tools\n", updatedTools)
	if u, err = b.updateUnderLoad(ctx, d); err != nil && ctx.Err() == nil {
		return updating{skipped: err.Error()}, nil
	}
	return u, err
}

func (b *bench) updateUnderLoad(ctx context.Context, d time.Duration) (u updating, err error) {
	p, err := b.start(ctx, inProcess, spec{Subject: inProcess.name, Tools: updatedTools})
	if err != nil {
		return u, err
	}
	defer p.stop()
	edition := 0
	exchange := func() error {
		edition++
		took, err := get[time.Duration](ctx, http.MethodPost, p.admin+"/update?edition="+strconv.Itoa(edition))
		u.updates = append(u.updates, took)
		return err
	}
	if err := exchange(); err != nil {
		return u, err
	}
	w, err := smallCall().solved()
	if err != nil {
		return u, err
	}
	r, err := newRunner(ctx, w, &row{subject: inProcess, era: stateless}, p, 16)
	if err != nil {
		return u, err
	}
	f, err := newFleet(ctx, p.addr, 16, r.requests, []expectation{r.want})
	if err != nil {
		return u, err
	}
	defer f.close()
	quiet, err := f.run(ctx, d)
	if err != nil {
		return u, err
	}
	u.quietP99, u.quietWorst, u.updates = quiet.latency.quantile(0.99), quiet.latency.longest, nil

	end := make(chan struct{})
	exchanged := make(chan error, 1)
	go func() {
		for {
			select {
			case <-end:
				exchanged <- nil
				return
			case <-time.After(d / 20):
				if err := exchange(); err != nil {
					exchanged <- err
					return
				}
			}
		}
	}()
	busy, err := f.run(ctx, d)
	close(end)
	if exchangeErr := <-exchanged; err == nil {
		err = exchangeErr
	}
	if err != nil {
		return u, err
	}
	u.calls, u.p99, u.longest = busy.latency.count, busy.latency.quantile(0.99), busy.latency.longest
	return u, nil
}

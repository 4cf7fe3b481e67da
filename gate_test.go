package mcpmount

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		if !g.enter() {
			t.Fatal("an open gate refused")
		}
		closed := make(chan error, 1)
		go func() { closed <- g.close(context.Background()) }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Fatalf("close returned %v while someone is inside", err)
		default:
		}
		if g.enter() {
			t.Error("a closed gate let someone in")
		}
		g.leave()
		synctest.Wait()
		if err := <-closed; err != nil {
			t.Errorf("close = %v", err)
		}
		if err := g.close(context.Background()); err != nil {
			t.Errorf("second close = %v", err)
		}
	})
}

func TestGateGivesUp(t *testing.T) {
	var g gate
	g.enter()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("close = %v, want context.Canceled", err)
	}
}

package mcpmount

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &quota{max: 3}
		take := func(n int) *ticket {
			if !places.take(n) {
				return nil
			}
			return &ticket{places: places, left: n}
		}
		first, second := take(2), take(1)
		if take(1) != nil {
			t.Fatal("more places than there are")
		}
		first.give(1)
		first.giveAll()
		first.give(1) // handled late
		if take(3) != nil {
			t.Error("a ticket gave back more than it took")
		}
		third := take(2)
		second.expire()
		third.expire()
		third.giveAll()
		time.Sleep(pendingFor - 1)
		if take(3) != nil {
			t.Error("a ticket expired early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if take(3) == nil {
			t.Error("a ticket did not expire")
		}
		var none *ticket
		none.give(1)
		none.expire()
	})
}

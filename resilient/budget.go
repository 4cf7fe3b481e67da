package resilient

import "sync/atomic"

// What retries cost and requests earn, in shares: retries are at most a fifth of all
// requests, and ten more after a good while.
const (
	retryCost  = 5
	fullBudget = 10 * retryCost
)

// A budget keeps retries from multiplying the load of an API that fails. The zero
// budget is full.
type budget struct {
	spent atomic.Int64
}

func (b *budget) earn() {
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, spent-1) {
			return
		}
	}
}

// spend pays for one retry, or returns false.
func (b *budget) spend() bool {
	for {
		spent := b.spent.Load()
		if spent+retryCost > fullBudget {
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+retryCost) {
			return true
		}
	}
}

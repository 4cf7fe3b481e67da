package mcpmount

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/time/rate"
)

// A limiter says how many calls there may be: at a time, of each principal, and
// by the minute.
type limiter struct {
	limits Limits

	mu       sync.Mutex
	total    int
	underWay map[principal]int // of those who are known and have any
	pace     recent[principal, *rate.Limiter]
}

// An excess says why a call was refused, and how long to wait before it is made again.
type excess struct {
	text string
	wait time.Duration
}

// enter counts a call of p, for which leave must follow, or returns why there may be none.
func (l *limiter) enter(p principal) *excess {
	known := !p.anonymous()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.total >= l.limits.MaxCalls:
		return &excess{fmt.Sprintf("the server is busy: it has %d calls under way, as many as it may", l.total), time.Second}
	case known && l.underWay[p] >= l.limits.MaxCallsPerPrincipal:
		return &excess{fmt.Sprintf("too many calls at a time: you have %d under way, as many as you may", l.underWay[p]), time.Second}
	}
	if wait := l.wait(p); wait > 0 {
		return &excess{fmt.Sprintf("too many calls: you may make %d a minute", l.limits.CallsPerMinute), wait}
	}
	l.total++
	if known {
		if l.underWay == nil {
			l.underWay = map[principal]int{}
		}
		l.underWay[p]++
	}
	return nil
}

func (l *limiter) leave(p principal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if p.anonymous() {
		return
	}
	if l.underWay[p]--; l.underWay[p] == 0 {
		delete(l.underWay, p)
	}
}

// load returns how many calls are under way.
func (l *limiter) load() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// wait returns how long p has to wait for its next call. If p need not wait, the call
// counts as made.
func (l *limiter) wait(p principal) time.Duration {
	if l.limits.CallsPerMinute >= unlimitedPace {
		return 0
	}
	pace, ok := l.pace.get(p)
	if !ok {
		pace = perMinute(l.limits.CallsPerMinute)
		l.pace.put(p, pace)
	}
	next := pace.Reserve()
	wait := next.Delay()
	if wait > 0 {
		next.Cancel()
	}
	return wait
}

// unlimitedPace is more calls a minute than any server can answer: it stands for no limit.
const unlimitedPace = math.MaxInt32

// perMinute returns a limiter that allows n events a minute, and as many at once.
func perMinute(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(n)/60, n) }

// restrain is the middleware that keeps calls within Options.Limits. A call that
// comes too early is answered where its result would be: with an HTTP status, some clients
// end the session, and no model hears of it.
func (s *Server) restrain(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if !isCall(method) {
			return next(ctx, method, req)
		}
		p := s.door.limitedPrincipal(callerFrom(ctx))
		if over := s.door.limiter.enter(p); over != nil {
			noteRefusal(ctx, ReasonLimit)
			if method == "tools/call" {
				return over.result(), nil
			}
			return nil, over.error()
		}
		defer s.door.limiter.leave(p)
		return next(ctx, method, req)
	}
}

// isCall reports whether a method may make the server call the API.
func isCall(method string) bool { return method == "tools/call" || method == "resources/read" }

// retryAfterKey is where an answer says after how many seconds to try again: in
// the "_meta" of a result, and without the prefix in the data of an error.
const retryAfterKey = "mcpmount/retryAfter"

// seconds returns how long to wait, as in the header Retry-After.
func (e *excess) seconds() int { return retrySeconds(e.wait) }

func (e *excess) message() string {
	return fmt.Sprintf("%s; nothing was sent. Try again in %d s.", e.text, e.seconds())
}

func (e *excess) result() *mcp.CallToolResult {
	res := &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: e.message()}}}
	res.Meta = mcp.Meta{retryAfterKey: e.seconds()}
	return res
}

func (e *excess) error() error {
	data, _ := json.Marshal(map[string]int{"retryAfter": e.seconds()}) // integers can be encoded
	return &jsonrpc.Error{Code: codeInternal, Message: e.message(), Data: data}
}

// retrySeconds returns a duration in whole seconds, one at least.
func retrySeconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

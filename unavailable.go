package mcpmount

import "time"

// An UnavailableError is returned by a [http.RoundTripper] given to [Upstream] for a request
// that it did not send, since the API cannot take it now. The call counts as refused
// ([ReasonUnavailable]), and who called learns when to try again.
type UnavailableError struct {
	// Reason says why, in words that models and callers may see.
	Reason string

	// RetryAfter is how long to wait; less than a second counts as one.
	RetryAfter time.Duration
}

// Error returns the reason, and when to try again.
func (e *UnavailableError) Error() string { return e.excess().message() }

func (e *UnavailableError) excess() *excess { return &excess{e.Reason, e.RetryAfter} }

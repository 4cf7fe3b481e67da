package mcpmount

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is text that is sent and never shown: however it is printed, logged
// or encoded, it comes out as "***".
type Secret string

const masked = "***"

// Format implements [fmt.Formatter] for every verb, those for mistakes too.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, masked) }

// String returns "***".
func (Secret) String() string { return masked }

// LogValue returns "***".
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText returns "***", also as JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

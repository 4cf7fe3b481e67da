package mcpmount

import (
	"context"
	"log/slog"
)

// quiet returns a logger for the SDK, which tells of every connection, and
// without sessions of every request, at the level of information.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(atLeastWarn{logger.Handler()})
}

type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h atLeastWarn) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeastWarn{h.Handler.WithAttrs(attrs)}
}

func (h atLeastWarn) WithGroup(name string) slog.Handler {
	return atLeastWarn{h.Handler.WithGroup(name)}
}

package main

import (
	"context"
	"log/slog"

	"github.com/mcpmount/mcpmount"
)

// accessLog returns what writes a line for each call.
func accessLog(log *slog.Logger) func(context.Context, mcpmount.Call) {
	return func(ctx context.Context, call mcpmount.Call) {
		attrs := []slog.Attr{slog.Any("", call)}
		if r := mcpmount.RequestFrom(ctx); r != nil {
			attrs = append(attrs, slog.String("remote", r.RemoteAddr))
		}
		if id := traceID(ctx); id != "" {
			attrs = append(attrs, slog.String("trace_id", id))
		}
		log.LogAttrs(ctx, slog.LevelInfo, "call", attrs...)
	}
}

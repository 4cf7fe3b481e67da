package mcpmount

import (
	"log/slog"
	"sync"
)

// A notice is a warning that the log has once, since anybody could fill it with more of them.
type notice struct {
	logger *slog.Logger
	text   string

	once sync.Once
}

// longestNoticed is how many bytes of a value a notice has, which anybody may have sent.
const longestNoticed = 256

func (n *notice) give(key, value string) {
	n.once.Do(func() { n.logger.Warn(n.text, key, value[:min(len(value), longestNoticed)]) })
}

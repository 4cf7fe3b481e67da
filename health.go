package mcpmount

import (
	"context"
	"sync"
	"time"
)

// Health says whether the MCP layer works, apart from the health of the API.
type Health struct {
	// OK is true if the lists were just served, or not more than a second ago. It
	// is false from the moment [Server.Shutdown] is called: no more may come.
	OK bool `json:"ok"`

	// Tools, Resources and ResourceTemplates count what is listed, bridged and
	// hand-written.
	Tools             int `json:"tools"`
	Resources         int `json:"resources"`
	ResourceTemplates int `json:"resourceTemplates"`

	// DeferredTools counts the tools that are not listed: see [KindDeferred].
	DeferredTools int `json:"deferredTools,omitempty"`
}

// healthCache keeps the last Health, so that asking often costs nothing.
type healthCache struct {
	mu   sync.Mutex
	at   time.Time
	last Health
}

// forget makes the next call of Health count anew.
func (c *healthCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

// healthFor is how long a Health is kept.
const healthFor = time.Second

// Health serves the lists in memory and counts what is on them. The answer is
// kept for a second, or until [Server.Update]. It is not OK while there is no document to serve.
func (s *Server) Health() Health {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if now := time.Now(); now.Sub(s.health.at) >= healthFor {
		s.health.last, s.health.at = s.count(), now
	}
	health := s.health.last
	health.OK = health.OK && !s.door.gate.isClosed()
	return health
}

func (s *Server) count() Health {
	s.lists.RLock()
	defer s.lists.RUnlock()
	if s.set.Load() == nil {
		return Health{}
	}
	listed, err := s.list(context.Background())
	return Health{
		OK: err == nil, Tools: len(listed.tools), Resources: len(listed.resources), ResourceTemplates: len(listed.templates),
		DeferredTools: len(s.DeferredTools()),
	}
}

// Load says what a server has under way: how near it is to its [Limits].
type Load struct {
	// Calls are the calls of tools and the resources being read, as
	// Limits.MaxCalls counts them.
	Calls int `json:"calls"`

	// Sessions are those that are kept, as Limits.MaxSessions counts them.
	Sessions int `json:"sessions"`
}

// Load returns what is under way at the moment. It is safe for concurrent use.
func (s *Server) Load() Load {
	return Load{Calls: s.door.limiter.load(), Sessions: s.door.table.load()}
}

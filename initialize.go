package mcpmount

import "github.com/mcpmount/mcpmount/internal/tree"

// initialized is the message that a client confirms initialize with. Where there are
// no sessions, nothing follows from it.
const initialized = "notifications/initialized"

// opening returns the version of the protocol that m, which is an initialize, asks for,
// "" if it is not one that the server speaks so: what else it may agree upon is for the
// SDK (MCP 2025-11-25, basic/lifecycle, "Version Negotiation"). The text is not a part
// of the message.
func (f *fastPath) opening(m *envelope) string {
	asked := m.params.Get("protocolVersion").Str()
	for _, version := range f.server.door.versions {
		if version == asked && version < firstStateless {
			return version
		}
	}
	return ""
}

// isGreeting reports whether n is the params of an initialize as clients send them. But
// for the version, nothing follows from them where there is no session.
func isGreeting(n *tree.Node) bool {
	return hasOnly(n, "protocolVersion", "capabilities", "clientInfo") && isTame(n) &&
		isImplementation(n.Get("clientInfo")) && isCapabilities(n.Get("capabilities"))
}

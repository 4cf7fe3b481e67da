package mcpmount

import "github.com/mcpmount/mcpmount/internal/tree"

// initialized is the message that a client confirms initialize with. Where there are
// no sessions, nothing follows from it.
const initialized = "notifications/initialized"

// opening returns the version of the protocol that m, an initialize, asks for, or "" if the
// server does not speak it in this way: another version is for the SDK to negotiate (MCP
// 2025-11-25, basic/lifecycle, "Version Negotiation"). The string is not a part of the
// message.
func (f *fastPath) opening(m *envelope) string {
	asked := m.params.Get("protocolVersion").Str()
	for _, version := range f.server.door.versions {
		if version == asked && version < firstStateless {
			return version
		}
	}
	return ""
}

// isGreeting reports whether n is the params of an initialize as clients send them. Without
// a session, nothing follows from them but the version.
func isGreeting(n *tree.Node) bool {
	return hasOnly(n, "protocolVersion", "capabilities", "clientInfo") && isTame(n) &&
		isImplementation(n.Get("clientInfo")) && isCapabilities(n.Get("capabilities"))
}

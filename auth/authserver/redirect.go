package authserver

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
)

// maxRedirect bounds the length of a redirect URI in bytes.
const maxRedirect = 1024

// checkRedirect reports what keeps a redirect URI from being used by any client:
// RFC 6749 section 3.1.2, RFC 8252 section 7. Text that browsers and parsers read
// differently is refused, not repaired.
func (c *Config) checkRedirect(redirect string) error {
	u, err := url.Parse(redirect)
	switch {
	case len(redirect) > maxRedirect:
		return errors.New("a redirect URI is too long")
	case err != nil || u.Scheme == "" || strings.ContainsFunc(redirect, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\\\"<>^`{|}", r) }):
		return errors.New("a redirect URI is not an absolute URI")
	case strings.Contains(redirect, "#"):
		return errors.New("a redirect URI must have no fragment")
	case u.User != nil:
		return errors.New("a redirect URI must have no user")
	case u.Opaque != "":
		return errors.New("a redirect URI must have a path")
	case u.Scheme == "https" && isOddAddress(u.Hostname()):
		return errors.New("a redirect URI must have the name of a host, or an address as four numbers")
	case u.Scheme == "https" && u.Hostname() != "":
		if c.RedirectHosts != nil && !isThisMachine(u.Hostname()) && !slices.Contains(c.RedirectHosts, strings.ToLower(u.Host)) {
			return errors.New("the operator does not let users be sent to the host of a redirect URI")
		}
		return nil
	case u.Scheme == "http" && isLocal(u.Hostname()):
		return nil
	case u.Scheme == "http" || u.Scheme == "https":
		return errors.New("a redirect URI must be https, or http on loopback")
	case isPrivateScheme(u.Scheme) && slices.Contains(c.RedirectSchemes, u.Scheme):
		return nil
	}
	return errors.New("the operator does not allow the scheme of a redirect URI")
}

// browserSchemes are those that browsers and systems give a meaning of their own.
var browserSchemes = []string{
	"http", "https", "javascript", "data", "file", "blob", "filesystem", "vbscript", "about", "view-source", "ftp", "ws", "wss",
	"chrome", "chrome-extension", "moz-extension", "resource", "jar", "intent", "content", "mailto", "tel", "sms", "ms-appinstaller", "search-ms",
}

// isPrivateScheme reports whether a scheme can be that of an app.
func isPrivateScheme(scheme string) bool {
	if scheme == "" || slices.Contains(browserSchemes, scheme) || scheme[0] < 'a' || scheme[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '+'
	})
}

// sameRedirect reports whether a redirect URI that was asked for is the registered
// one: the same text, or, on a loopback address, the same but for the port (RFC 8252 section
// 7.3). The name localhost, which section 8.3 advises against, has any port
// only if it was registered without one.
func sameRedirect(registered, asked string) bool {
	if registered == asked {
		return true
	}
	r, err := url.Parse(registered)
	if err != nil || r.Scheme != "http" || !isLocal(r.Hostname()) || r.Hostname() == "localhost" && r.Port() != "" {
		return false
	}
	a, err := url.Parse(asked)
	if err != nil || a.Scheme != "http" || a.Port() == "" {
		return false
	}
	prefix, rest := "http://"+hostOf(r), strings.TrimPrefix(registered, "http://"+r.Host)
	return asked == prefix+":"+a.Port()+rest
}

// hostOf returns the host of u without the port, in brackets if it needs them.
func hostOf(u *url.URL) string {
	if strings.Contains(u.Hostname(), ":") {
		return "[" + u.Hostname() + "]"
	}
	return u.Hostname()
}

// isAssured reports whether whoever answers at a redirect URI can only be who owns
// its host: on loopback, and at a scheme of an app, it can be any program (RFC 8252
// section 8.6).
func isAssured(redirect string) bool {
	u, err := url.Parse(redirect)
	return err == nil && u.Scheme == "https" && !isThisMachine(u.Hostname())
}

// isThisMachine reports whether browsers may look for a host on their own machine.
func isThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip := net.ParseIP(host)
	return isLocal(host) || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsUnspecified()
}

// isOddAddress reports whether browsers take a name for an address of IPv4 that is
// written in another way than with four decimal numbers, such as 127.1 (URL standard,
// "ends in a number").
func isOddAddress(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	digits := last != "" && !strings.ContainsFunc(last, func(r rune) bool { return r < '0' || r > '9' })
	return (digits || strings.HasPrefix(last, "0x")) && net.ParseIP(host) == nil
}

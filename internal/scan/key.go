package scan

import (
	"go/types"
	"slices"
	"strings"
)

// A Check is one that middleware of a known library makes before the handler: a request passes that has
// one of Keys.
type Check struct {
	Keys []Key
	// Optional says that the middleware leaves some requests alone.
	Optional bool
}

// A Key is what a caller shows.
type Key struct {
	// Scheme is "basic", "bearer" or "apiKey".
	Scheme string
	// In and Name are the place of an API key: "header", "query" or "cookie", and what it is called there.
	In, Name string
}

// checks are the functions that return middleware, by their full names, and how what that checks is found from
// their first argument.
func checks() map[string]func(config value) *Check {
	fixed := func(scheme string) func(value) *Check {
		return func(config value) *Check {
			return &Check{Keys: []Key{{Scheme: scheme}}, Optional: skips(config)}
		}
	}
	all := map[string]func(value) *Check{}
	for _, name := range []string{"github.com/gin-gonic/gin.BasicAuth", "github.com/gin-gonic/gin.BasicAuthForRealm",
		"github.com/go-chi/chi/middleware.BasicAuth", "github.com/go-chi/chi/v5/middleware.BasicAuth",
		"github.com/gofiber/fiber/v2/middleware/basicauth.New", "github.com/gofiber/fiber/v3/middleware/basicauth.New"} {
		all[name] = fixed("basic")
	}
	all["github.com/go-chi/jwtauth/v5.Authenticator"] = fixed("bearer")
	for _, version := range []string{"v4", "v5"} {
		middleware := "github.com/labstack/echo/" + version + "/middleware."
		all[middleware+"BasicAuth"], all[middleware+"BasicAuthWithConfig"] = fixed("basic"), fixed("basic")
		all[middleware+"KeyAuth"] = fixed("bearer")
	}
	all["github.com/labstack/echo/v4/middleware.KeyAuthWithConfig"] = lookup("KeyLookup", "Bearer")
	all["github.com/labstack/echo/v5/middleware.KeyAuthWithConfig"] = lookup("KeyLookup", "")
	all["github.com/labstack/echo-jwt/v4.JWT"] = fixed("bearer")
	all["github.com/labstack/echo-jwt/v4.WithConfig"] = lookup("TokenLookup", "")
	all["github.com/gofiber/fiber/v2/middleware/keyauth.New"] = lookup("KeyLookup", "")
	all["github.com/gofiber/fiber/v3/middleware/keyauth.New"] = lookup("Extractor", "")
	return all
}

// lookup reads the field of a configuration that says where a key is, as "header:X-Api-Key,query:key"; it is a
// bearer token where the field is not set. Scheme is what stands before a key in the header Authorization if
// nothing says so. What is not constant is no check.
func lookup(field, scheme string) func(config value) *Check {
	return func(config value) *Check {
		before, own := member(config, "AuthScheme")
		scheme := scheme
		if t, ok := before.(text); ok {
			scheme = string(t)
		}
		check := &Check{Optional: skips(config)}
		where, set := member(config, field)
		t, known := where.(text)
		switch {
		case !set && !own:
			t = "header:Authorization:Bearer "
		case !set:
			t = "header:Authorization"
		case !known || !t.known():
			return nil
		}
		for part := range strings.SplitSeq(string(t), ",") {
			if k, ok := keyAt(part, scheme); ok {
				check.Keys = append(check.Keys, k)
			}
		}
		if len(check.Keys) == 0 {
			return nil
		}
		return check
	}
}

// keyAt reads one place of a key: "header:X-Api-Key", "header:Authorization:Bearer ", "query:key".
func keyAt(place, scheme string) (Key, bool) {
	in, name, _ := strings.Cut(strings.TrimLeft(place, " "), ":")
	name, prefix, cut := strings.Cut(name, ":")
	if cut {
		scheme = strings.TrimSpace(prefix)
	}
	switch {
	case name == "":
	case in == "header" && strings.EqualFold(name, "Authorization") && strings.EqualFold(scheme, "Bearer"):
		return Key{Scheme: "bearer"}, true
	case in == "header", in == "query", in == "cookie":
		return Key{Scheme: "apiKey", In: in, Name: name}, true
	}
	return Key{}, false
}

// member returns a field of a literal, if it has one.
func member(config value, name string) (v value, set bool) {
	o, ok := first[*object](config)
	if !ok || o.fields[name] == nil {
		return nil, false
	}
	return o.fields[name].value, true
}

// skips says whether a configuration leaves some requests alone.
func skips(config value) bool {
	_, skipper := member(config, "Skipper")
	_, next := member(config, "Next")
	_, goesOn := member(config, "ContinueOnIgnoredError")
	return skipper || next || goesOn
}

// checkOf returns what the middleware that a function returns checks, or nil.
func (m *machine) checkOf(fn *types.Func, args []value) *Check {
	if of := m.checks[fn.FullName()]; of != nil {
		return of(firstOf(args))
	}
	return nil
}

// checksOf returns what the middleware among values checks.
func (m *machine) checksOf(values []value) (all []*Check) {
	for _, v := range values {
		for _, one := range alternatives(v) {
			if check, ok := one.(*Check); ok {
				all = append(all, check)
			}
		}
	}
	return all
}

// uses notes the checks of middleware that a router uses.
func uses(m *machine, c *call) value {
	if r := c.router(); r != nil {
		r.checks = append(r.checks, m.checksOf(c.tail(0))...)
	}
	return c.recv
}

// with makes a group of the same path that uses middleware.
func with(m *machine, c *call) value {
	r := c.router()
	if r == nil {
		return c.recv
	}
	g := r.group("")
	g.checks = m.checksOf(c.tail(0))
	return g
}

// guarding returns the checks of a router and of those around it: of the ones whose middleware is for what
// was registered before as well, or of the others.
func (r *router) guarding(before bool) (all []*Check) {
	for ; r != nil; r = r.parent {
		if (r.fw.before != nil && r.fw.before(r)) == before {
			all = append(slices.Clone(r.checks), all...)
		}
	}
	return all
}

// distinct returns each of the checks once.
func distinct(checks []*Check) (all []Check) {
	for _, check := range checks {
		same := func(other Check) bool {
			return other.Optional == check.Optional && slices.Equal(other.Keys, check.Keys)
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, *check)
		}
	}
	return all
}

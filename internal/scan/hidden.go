package scan

import (
	"go/ast"
	"go/types"
	"strings"
)

// hiddenFunc says why a handler outside the loaded source is no operation.
func hiddenFunc(fn *types.Func) string {
	if fn.Pkg() == nil {
		return ""
	}
	path := fn.Pkg().Path()
	switch {
	case path == "net/http" && strings.HasPrefix(fn.Name(), "FileServer"), path == "net/http" && fn.Name() == "ServeFile":
		return "files"
	case path == "net/http" && (fn.Name() == "RedirectHandler" || fn.Name() == "NotFoundHandler" || fn.Name() == "NotFound"):
		return "redirect"
	case strings.HasSuffix(path, "/pprof"), path == "expvar", strings.HasSuffix(path, "/fgprof"), strings.HasSuffix(path, "/statsviz"):
		return "profiling"
	case strings.HasSuffix(path, "/promhttp"):
		return "metrics"
	case strings.Contains(path, "websocket"):
		return "websocket"
	case strings.Contains(path, "swagger"):
		return "documentation"
	case path == "github.com/mcpmount/mcpmount": // the endpoint at which the document will be served
		return "mcp"
	}
	return ""
}

// hiddenBody says why a handler in the loaded source is no operation.
func (m *machine) hiddenBody(c *closure) string {
	hidden := ""
	ast.Inspect(c.body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || hidden != "" {
			return hidden == ""
		}
		fn, ok := c.pkg.TypesInfo.Uses[id].(*types.Func)
		if !ok || fn.Pkg() == nil {
			return true
		}
		switch path := fn.Pkg().Path(); {
		case strings.Contains(path, "websocket") && (fn.Name() == "Upgrade" || fn.Name() == "Accept" || fn.Name() == "New"):
			hidden = "websocket"
		case path == "net/http" && strings.HasPrefix(fn.Name(), "FileServer"):
			hidden = "files"
		case path == "net/http/pprof":
			hidden = "profiling"
		}
		return true
	})
	return hidden
}

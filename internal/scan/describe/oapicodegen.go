package describe

import (
	"go/constant"
	"go/types"
)

// oapiCodegenEffects are the functions that the handlers of oapi-codegen take parameters with.
func oapiCodegenEffects() map[string]effect {
	effects := map[string]effect{}
	for _, prefix := range []string{"github.com/deepmap/oapi-codegen/pkg/runtime.", "github.com/oapi-codegen/runtime."} {
		effects[prefix+"BindQueryParameter"] = bindsQueryParameter
		effects[prefix+"BindQueryParameterWithOptions"] = bindsQueryParameter
		effects[prefix+"BindStyledParameter"] = bindsText(4, 5)
		effects[prefix+"BindStyledParameterWithLocation"] = bindsText(5, 6)
		effects[prefix+"BindStyledParameterWithOptions"] = bindsText(3, 4)
	}
	return effects
}

// bindsQueryParameter takes style, explode, required, name, the query and a pointer.
func bindsQueryParameter(r *reader, c *call) *val {
	names, _ := c.arg(4).strings()
	for _, name := range names {
		p := r.out.param("query", name)
		if p == nil {
			continue
		}
		p.makeInto(c.arg(6))
		if required := c.arg(3); required != nil && required.con != nil && required.con.Kind() == constant.Bool {
			p.Required = p.Required || constant.BoolVal(required.con)
		}
	}
	return c.result()
}

// bindsText makes the text of a parameter into what another argument points to.
func bindsText(text, into int) effect {
	return func(_ *reader, c *call) *val {
		params := c.arg(text).params()
		for _, p := range params {
			p.makeInto(c.arg(into))
		}
		return c.result(&val{absent: params})
	}
}

// makeInto records that a parameter is made into what v points to.
func (p *Param) makeInto(v *val) {
	if v == nil || v.typ == nil || p.Type != nil {
		return
	}
	if t := deref(deref(v.typ)); !types.IsInterface(t) {
		p.Type = t
	}
}

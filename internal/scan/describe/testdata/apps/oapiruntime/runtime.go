// Package runtime has the signatures of functions that generated handlers call.
package runtime

import (
	"errors"
	"net/url"
)

// BindQueryParameter has the signature of the generator's.
func BindQueryParameter(style string, explode, required bool, name string, query url.Values, dest any) error {
	return errors.New("not here")
}

// BindStyledParameterOptions has some of the fields of the generator's.
type BindStyledParameterOptions struct{ Explode, Required bool }

// BindStyledParameterWithOptions has the signature of the generator's.
func BindStyledParameterWithOptions(style, name, value string, dest any, opts BindStyledParameterOptions) error {
	return errors.New("not here")
}

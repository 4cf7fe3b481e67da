// Command emit writes random values of the fields of shapes.All: a line each with the name of the
// field, a space, and the JSON.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"time"

	"example.com/handlers/shapes"
)

func main() {
	seed, _ := strconv.Atoi(os.Args[1])
	g := &generator{rand.New(rand.NewPCG(uint64(seed), 1))}
	all := reflect.TypeFor[shapes.All]()
	for i := range all.NumField() {
		field := all.Field(i)
		for n := range 60 {
			v := reflect.New(field.Type).Elem()
			if n > 0 {
				g.fill(v, 0)
			} else { // what is nil and zero, but for what has constants
				g.constants(v)
			}
			data, err := json.Marshal(v.Interface())
			if err != nil {
				log.Fatalf("%s: %v", field.Name, err)
			}
			fmt.Printf("%s %s\n", field.Name, data)
		}
	}
}

type generator struct{ *rand.Rand }

// special returns a value of a type that cannot be filled field by field.
func (g *generator) special(t reflect.Type) (any, bool) {
	switch reflect.Zero(t).Interface().(type) {
	case time.Time:
		return time.Unix(g.Int64N(1<<32), g.Int64N(1e9)).UTC(), true
	case json.RawMessage:
		return json.RawMessage(`{"a":[1]}`), true
	case json.Number:
		return json.Number("12.5"), true
	case big.Int:
		return *big.NewInt(g.Int64()), true
	case net.IP:
		return net.IPv4(10, 0, 0, byte(g.IntN(256))), true
	case netip.Addr:
		return netip.AddrFrom4([4]byte{10, 0, 0, 1}), true
	case netip.Prefix:
		return netip.MustParsePrefix("10.0.0.0/8"), true
	case url.URL:
		return url.URL{Scheme: "https", Host: "example.com"}, true
	case shapes.Size:
		return []shapes.Size{shapes.Small, shapes.Large}[g.IntN(2)], true
	}
	return nil, false
}

func (g *generator) fill(v reflect.Value, depth int) {
	if !v.CanSet() {
		return
	}
	if v.Type().PkgPath() != "" || v.Kind() == reflect.Slice {
		if x, ok := g.special(v.Type()); ok {
			v.Set(reflect.ValueOf(x))
			return
		}
	}
	if v.Type() == reflect.TypeFor[error]() {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.String:
		v.SetString([]string{"", "a", "é\u2028<>", "0"}[g.IntN(4)])
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(g.Int64() >> (g.IntN(2) * 60) >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(g.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(g.NormFloat64())
	case reflect.Pointer:
		if depth < 4 && g.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), depth+1)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{1, "x", nil, map[string]any{"a": 1}}[g.IntN(2)]))
	case reflect.Struct:
		for i := range v.NumField() {
			g.fill(v.Field(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			g.fill(v.Index(i), depth+1)
		}
	case reflect.Slice:
		if depth < 5 && g.IntN(4) > 0 {
			n := g.IntN(3)
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				g.fill(v.Index(i), depth+1)
			}
		}
	case reflect.Map:
		if depth < 5 && g.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range g.IntN(3) {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				g.fill(key, depth+1)
				g.fill(value, depth+1)
				v.SetMapIndex(key, value)
			}
		}
	}
}

// constants sets what has constants to one of them: others are no values of the type.
func (g *generator) constants(v reflect.Value) {
	if v.Type() == reflect.TypeFor[shapes.Size]() {
		v.SetString(string(shapes.Small))
	}
	if v.Type() == reflect.TypeFor[json.Number]() || v.Type() == reflect.TypeFor[json.RawMessage]() {
		g.fill(v, 0)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				g.constants(v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			g.constants(v.Index(i))
		}
	}
}

// Command judge asks gin about random bodies for the fields of bindings.All: a line each with the
// name of the field, whether the body is accepted, and the body.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"

	"github.com/gin-gonic/gin/binding"

	"example.com/handlers/bindings"
)

func main() {
	seed, _ := strconv.Atoi(os.Args[1])
	g := rand.New(rand.NewPCG(uint64(seed), 2))
	all := reflect.TypeFor[bindings.All]()
	for i := range all.NumField() {
		field := all.Field(i)
		for range 4000 {
			data, _ := json.Marshal(value(g, field.Type, 0))
			verdict := "accepted"
			if err := binding.JSON.BindBody(data, reflect.New(field.Type).Interface()); err != nil {
				verdict = "refused"
			}
			fmt.Printf("%s %s %s\n", field.Name, verdict, data)
		}
	}
}

var texts = []string{"red", "dark blue", "green", "blue", "r", "rd", "abc", "ab-c", "abcde", "Ünï", "12", "-1.5", "x@example.com", "x@", "10.0.0.1",
	"300.0.0.1", "2024-02-29", "2024-02-30", "5f0c4a4e-6b7e-4c7e-9d3a-1f2e3d4c5b6a", "5f0c", "2024-01-02T03:04:05Z", "https://example.com/x", "nourl"}

var numbers = []float64{1, 2, 3, 4, 5, 7, 9, 10, 11, 0.5, 0.75, 1.5, 200, 201, 255, -1}

// value returns a value that is mostly one of t. Zero values and null are left to others: what is
// optional takes them, and its schema does not.
func value(g *rand.Rand, t reflect.Type, depth int) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case g.IntN(60) == 0:
		return []any{"red", 3, true, []any{}, map[string]any{}}[g.IntN(5)]
	case t.Kind() == reflect.Bool:
		return g.IntN(4) > 0
	case t.Kind() == reflect.String || t.PkgPath() == "time":
		return texts[g.IntN(len(texts))]
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return numbers[g.IntN(len(numbers))]
	case t.Kind() == reflect.Slice:
		list := []any{}
		for range g.IntN(5) {
			list = append(list, value(g, t.Elem(), depth+1))
		}
		return list
	case t.Kind() == reflect.Map:
		m := map[string]any{}
		for i := range g.IntN(4) {
			m[strconv.Itoa(i)] = value(g, t.Elem(), depth+1)
		}
		return m
	case t.Kind() == reflect.Struct:
		return structure(g, t, depth)
	}
	if n := numbers[g.IntN(len(numbers))]; n == float64(int(n)) {
		return int(n)
	}
	return 6
}

// structure returns a value of a struct, some of whose fields are likely to keep their rules: else
// hardly any would keep them all.
func structure(g *rand.Rand, t reflect.Type, depth int) any {
	m := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		if g.IntN(12) == 0 {
			continue
		}
		m[f.Tag.Get("json")] = value(g, f.Type, depth+1)
		if good, ok := goodValues[t.Name()+"."+f.Name]; ok && g.IntN(10) > 0 {
			m[f.Tag.Get("json")] = good
		}
	}
	return m
}

var goodValues = map[string]any{
	"Strings.A": "red", "Strings.B": "abc", "Strings.C": "red", "Strings.D": "dark blue", "Strings.E": "x", "Strings.F": "ab",
	"Strings.G": "r2", "Strings.H": "red", "Strings.I": "blue", "Strings.J": "rd",
	"Numbers.A": 1, "Numbers.B": 10, "Numbers.C": 1.5, "Numbers.D": 3, "Numbers.E": 7, "Numbers.F": 200, "Numbers.G": 4, "Numbers.H": 2, "Numbers.I": true, "Numbers.J": 4,
	"Formats.A": "x@example.com", "Formats.B": texts[18], "Formats.C": "10.0.0.1", "Formats.D": "2024-02-29", "Formats.E": texts[20], "Formats.F": texts[20],
	"Formats.G": "12", "Formats.H": "https://example.com/x",
	"Lists.A": []string{"ab"}, "Lists.B": []int{1}, "Lists.C": map[string]int{"a": 4}, "Lists.G": []string{"a", "b"}, "Inner.X": 9, "Inner.Y": "ab",
}

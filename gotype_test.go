package mcpmount

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Types that encoding/json has rules of its own for.
type (
	shallow  struct{ A, B int }
	lower    struct{ C, D string }
	rivalOne struct {
		Same int
	}
	rivalTwo struct {
		Same string
	}
	tagWins struct {
		rivalThree
		rivalFour
	}
	rivalThree struct{ Same int }
	rivalFour  struct {
		Renamed string `json:"Same"`
	}
	embedding struct {
		shallow
		*lower
		B    bool // hides the one that is embedded
		Deep struct{ shallow }
	}
	Shared   struct{ S int }
	viaOne   struct{ Shared }
	viaTwo   struct{ Shared }
	annulled struct {
		viaOne
		viaTwo
		Kept int
	}
	listNode struct {
		Value int       `json:"value"`
		Next  *listNode `json:"next"`
	}
	forest         []forest
	table          map[string]table
	textual        struct{ X int }
	pointed        struct{ X int }
	withMap        map[textual]int
	generic[T any] struct{ Item T }
	odd            struct {
		Space  int    `json:"a b"`
		Quoted *int64 `json:",string"`
		Text   string `json:",string"`
		Never  func() `json:"-"`
	}
	embedsTime struct {
		time.Time
		Zone string
	}
	namedEmbed struct {
		shallow `json:"inner"`
		Iface   any
	}
	everything struct {
		I8   int8
		U    uint
		F    float32
		Any  any
		Raw  json.RawMessage
		Num  json.Number
		Big  *big.Int
		At   time.Time
		For  time.Duration
		Addr netip.Addr
		Data []byte
		Arr  [3]byte
		Keys map[int]string
		Map  withMap
		P    pointed
		PP   *pointed
		T    *textual
		PtrS []*string
		G    generic[generic[[]int]]
		Omit []int           `json:",omitempty"`
		Zero struct{ Z int } `json:"zero,omitzero"`
	}
)

func (t textual) MarshalText() ([]byte, error)     { return fmt.Appendf(nil, "x%d", t.X), nil }
func (t *textual) UnmarshalText(text []byte) error { return nil }
func (p *pointed) MarshalJSON() ([]byte, error)    { return []byte(`[1, 2]`), nil }

func (p *pointed) UnmarshalJSON([]byte) error { return nil }

// What encoding/json writes fits what Route says, with all its members described;
// without its nulls, it fits what Route says of the same type when it is read.
func TestGoTypes(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	random := rand.New(rand.NewPCG(1, 2))
	types := []reflect.Type{
		reflect.TypeFor[everything](), reflect.TypeFor[embedding](), reflect.TypeFor[annulled](), reflect.TypeFor[tagWins](),
		reflect.TypeFor[struct {
			rivalOne
			rivalTwo
		}](), reflect.TypeFor[listNode](), reflect.TypeFor[forest](), reflect.TypeFor[table](), reflect.TypeFor[odd](),
		reflect.TypeFor[embedsTime](), reflect.TypeFor[namedEmbed](), reflect.TypeFor[map[string]*listNode](), reflect.TypeFor[withMap](),
		reflect.TypeFor[*everything](), reflect.TypeFor[[]any](), reflect.TypeFor[[2]generic[forest]](),
	}
	for range 300 {
		types = append(types, randomStruct(random))
	}
	for _, goType := range types {
		written := newTypeReader(true)
		root := written.schema(written.root(goType))
		reading := newTypeReader(false)
		input := reading.schema(reading.root(goType))
		if len(written.faults)+len(reading.faults) > 0 {
			t.Fatalf("%s: %v %v", goType, written.faults, reading.faults)
		}
		fits, fitsInput := typeCheck(t, goType, root), typeCheck(t, goType, input)
		for range 20 {
			v := reflect.New(goType).Elem()
			fillAtRandom(random, v, 4)
			value := v.Interface()
			if random.IntN(2) == 0 {
				value = v.Addr().Interface() // which makes the methods of pointers count
			}
			data, err := json.Marshal(value)
			if err != nil {
				t.Fatalf("%s: %v", goType, err)
			}
			written, err := tree.ParseJSON(data, tree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			absent := written.Is(tree.Null) // which a handler does not answer, and nobody sends
			if !absent || goType.Kind() != reflect.Pointer {
				fits(written)
			}
			if !absent {
				fitsInput(withoutNulls(written))
			}
		}
	}
}

// typeCheck returns what holds a value against the schema of its type.
func typeCheck(t *testing.T, goType reflect.Type, s Schema) func(*tree.Node) {
	raw, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := tree.ParseJSON(raw, tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newValidator(schema)
	if err != nil {
		t.Fatalf("%s: %v\n%s", goType, err, raw)
	}
	return func(value *tree.Node) {
		t.Helper()
		if err := v.validate(value); err != nil {
			t.Fatalf("%s: %v\n%s\ndoes not fit\n%s", goType, err, value.JSON(), raw)
		}
		properties := s.root().Get("properties")
		for key := range value.All() {
			if value.Is(tree.Object) && properties != nil && properties.Get(key) == nil {
				t.Fatalf("%s: %q is not described by\n%s", goType, key, raw)
			}
		}
	}
}

func withoutNulls(n *tree.Node) *tree.Node {
	switch n.Kind {
	case tree.Array:
		var items []*tree.Node
		for _, item := range n.Items {
			if !item.Is(tree.Null) {
				items = append(items, withoutNulls(item))
			}
		}
		return tree.NewArray(items...)
	case tree.Object:
		var members []tree.Member
		for key, value := range n.All() {
			if !value.Is(tree.Null) {
				members = append(members, tree.Member{Key: key, Value: withoutNulls(value)})
			}
		}
		return tree.NewObject(members...)
	}
	return n
}

// randomStruct returns a struct of fields of all kinds.
func randomStruct(random *rand.Rand) reflect.Type {
	kinds := []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[*int](), reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[map[string]float64](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[*textual](), reflect.TypeFor[textual](), reflect.TypeFor[pointed](), reflect.TypeFor[any](), reflect.TypeFor[[]byte](),
		reflect.TypeFor[embedding](), reflect.TypeFor[*listNode](), reflect.TypeFor[uint16](), reflect.TypeFor[json.Number](), reflect.TypeFor[**string](),
	}
	tags := []string{"", "a", "b", "c,omitempty", ",omitempty", "a,omitzero", "d,string", ",string", "-", "-,", "é", "x.y", `q"`}
	var fields []reflect.StructField
	for i := range 1 + random.IntN(6) {
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", i),
			Type: kinds[random.IntN(len(kinds))],
			Tag:  reflect.StructTag(fmt.Sprintf("json:%q", tags[random.IntN(len(tags))])),
		})
	}
	if random.IntN(3) == 0 {
		fields = append(fields, reflect.StructField{Name: "Shared", Type: reflect.TypeFor[Shared](), Anonymous: true})
	}
	return reflect.StructOf(fields)
}

// fillAtRandom fills v, nested not deeper than depth.
func fillAtRandom(random *rand.Rand, v reflect.Value, depth int) {
	if !v.CanSet() || random.IntN(8) == 0 {
		return // its zero value
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(random.Int64N(1<<32), 0)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"any": [1]}`))
		return
	case json.Number:
		v.SetString("12.5")
		return
	case big.Int, netip.Addr:
		return
	}
	switch kind := v.Kind(); {
	case kind == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(random.IntN(100)) - 50)
	case v.CanUint():
		v.SetUint(uint64(random.IntN(100)))
	case v.CanFloat():
		v.SetFloat(random.Float64())
	case kind == reflect.String:
		v.SetString(strings.Repeat("é<", random.IntN(3)))
	case depth == 0:
	case kind == reflect.Interface:
		v.Set(reflect.ValueOf([]any{"text", 1.5, map[string]any{"k": nil}}[random.IntN(3)]))
	case kind == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAtRandom(random, v.Elem(), depth-1)
	case kind == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(3), 3))
		fallthrough
	case kind == reflect.Array:
		for i := range v.Len() {
			fillAtRandom(random, v.Index(i), depth-1)
		}
	case kind == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillAtRandom(random, key, depth-1)
		fillAtRandom(random, value, depth-1)
		v.SetMapIndex(key, value)
	case kind == reflect.Struct:
		for i := range v.NumField() {
			fillAtRandom(random, v.Field(i), depth-1)
		}
	}
}

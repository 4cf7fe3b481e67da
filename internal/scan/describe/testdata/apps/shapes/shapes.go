// Package shapes has types of many shapes, to compare what encoding/json writes for their
// values with their schemas.
package shapes

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Plain has a field of each basic type.
type Plain struct {
	A bool
	B string
	C int
	D int8
	E int16
	F int32
	G int64
	H uint
	I uint8
	J uint16
	K uint32
	L uint64
	M float32
	N float64
	o int
	P any
}

// Named has names and options.
type Named struct {
	A string  `json:"a"`
	B string  `json:"b,omitempty"`
	C int     `json:",omitempty"`
	D int     `json:"-"`
	E int     `json:"-,"`
	F int     `json:"f,string"`
	G bool    `json:"g,string"`
	H float64 `json:"h,string"`
	I string  `json:"i,string"`
	J *int    `json:"j,string"`
	K string  `json:"k\"uoted"`
	L string  `json:"l-_ .$"`
	M []int   `json:"m,omitzero"`
	N Inner   `json:"n,omitzero"`
}

// Inner is inside of others.
type Inner struct {
	X int `json:"x"`
	Y int
}

// Other is inside of others, too.
type Other struct {
	X string `json:"x"`
	Z int
}

// Deep is embedded by what is embedded.
type Deep struct {
	Inner
	W int
}

type hidden struct {
	V int
	u int
}

// Text is an embedded type that is no struct.
type Text string

// Embedding promotes fields.
type Embedding struct {
	Inner
	Deep
	*Other
	hidden
	Text
	W string
}

// Conflict has fields that hide one another.
type Conflict struct {
	Inner
	Other
}

// Tagged has an embedded struct with a name.
type Tagged struct {
	Inner `json:"inner"`
	Y     string `json:"Y"`
	Z     string `json:"y2"`
}

// Nested has containers.
type Nested struct {
	A []Inner
	B []*Inner
	C map[string]Inner
	D map[int]*Other
	E [2]Inner
	F **Inner
	G []byte
	H [3]byte
	I [][]string
	J map[string][]map[string]int
	K struct{ A, B int }
	L *struct{ C Text }
	M map[Text]bool
	N []any
	O []uint8 `json:"o,omitempty"`
}

// Known has types that write themselves.
type Known struct {
	A time.Time
	B *time.Time `json:",omitempty"`
	C time.Duration
	D uuid.UUID
	E uuid.NullUUID
	F decimal.Decimal
	G net.IP
	H netip.Addr
	I url.URL
	J *url.URL
	K json.RawMessage
	L json.Number
	M *big.Int
	N sql.NullString
	O sql.NullInt64
	P sql.NullTime
	Q sql.Null[Inner]
	R time.Month
	S error
	T netip.Prefix
}

// Color writes itself as text.
type Color int

// MarshalText returns the name.
func (c Color) MarshalText() ([]byte, error) { return []byte{'a' + byte(c&7)}, nil }

// Weird writes itself as JSON.
type Weird struct{ N int }

// MarshalJSON returns a list.
func (w Weird) MarshalJSON() ([]byte, error) { return json.Marshal([]int{w.N}) }

// Pointed writes itself where it can be addressed.
type Pointed struct{ N int }

// MarshalJSON returns a text.
func (p *Pointed) MarshalJSON() ([]byte, error) { return json.Marshal("x") }

// PointedText writes itself as text where it can be addressed.
type PointedText struct{ N int }

// MarshalText returns a text.
func (p *PointedText) MarshalText() ([]byte, error) { return []byte("x"), nil }

// Custom has types of the program that write themselves.
type Custom struct {
	A Color
	B *Color
	C map[Color]int
	D Weird
	E *Weird
	F Pointed
	G *Pointed
	H []Pointed
	I PointedText
	J []Color
}

// EmbeddedMarshaler has the method of what it embeds.
type EmbeddedMarshaler struct {
	Weird
	A int
}

// Tree is recursive.
type Tree struct {
	Value    string           `json:"value"`
	Children []Tree           `json:"children"`
	Left     *Tree            `json:"left"`
	ByName   map[string]*Tree `json:"by_name,omitempty"`
}

// List is recursive without a struct.
type List []List

// Holder has one.
type Holder struct{ L List }

// Page is generic.
type Page[T any] struct {
	Items []T            `json:"items"`
	Next  *Page[T]       `json:"next,omitempty"`
	Pair  Pair[T, int]   `json:"pair"`
	More  map[string][]T `json:"more"`
}

// Pair is generic, too.
type Pair[A, B any] struct {
	A A
	B B
}

// Size is a basic type with constants.
type Size string

// The sizes.
const (
	Small Size = "small"
	Large Size = "large"
)

// Level is an integer with constants.
type Level int

// The levels.
const (
	Debug Level = iota
	Info
)

// Enums has constants.
type Enums struct {
	A Size
	B []Size
	C *Size
	D Level
	E map[Size]Level
}

// Unencodable has fields that encoding/json has no value for.
type Unencodable struct {
	A int
	B func() `json:"-"`
	C Inner
}

// Alias is another name.
type Alias = Inner

// Aliased uses it.
type Aliased struct {
	A Alias
	B Page[Alias]
}

// All has a value of every shape. The test reads its fields.
type All struct {
	Plain             Plain
	Named             Named
	Embedding         Embedding
	Conflict          Conflict
	Tagged            Tagged
	Nested            Nested
	Known             Known
	Custom            Custom
	EmbeddedMarshaler EmbeddedMarshaler
	Tree              Tree
	Holder            Holder
	PageOfInner       Page[Inner]
	PageOfStrings     Page[string]
	PageOfPages       Page[Pair[Size, []Inner]]
	Enums             Enums
	Unencodable       Unencodable
	Aliased           Aliased
	Slice             []Inner
	Map               map[string]*Tree
	Pointer           *Plain
}

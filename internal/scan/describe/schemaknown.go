package describe

import (
	"go/types"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A form is a JSON type and a format.
type form struct{ kind, format string }

// knownForms are the forms of types that write themselves, by the path of the package, without
// a version, and the name. One that may be null has the kind "kind|null".
var knownForms = map[string]form{
	"time.Time":                                           {"string", "date-time"},
	"time.Month":                                          {"integer", ""},
	"time.Weekday":                                        {"integer", ""},
	"encoding/json.Number":                                {"number", ""},
	"encoding/json.RawMessage":                            {},
	"encoding/json/jsontext.Value":                        {},
	"math/big.Int":                                        {"integer", ""},
	"math/big.Float":                                      {"string", ""},
	"math/big.Rat":                                        {"string", ""},
	"net.IP":                                              {"string", ""},
	"net/netip.Addr":                                      {"string", ""},
	"net/netip.AddrPort":                                  {"string", ""},
	"net/netip.Prefix":                                    {"string", ""},
	"log/slog.Level":                                      {"string", ""},
	"mime/multipart.FileHeader":                           {"string", "binary"},
	"github.com/google/uuid.UUID":                         {"string", "uuid"},
	"github.com/google/uuid.NullUUID":                     {"string|null", "uuid"},
	"github.com/gofrs/uuid.UUID":                          {"string", "uuid"},
	"github.com/gofrs/uuid.NullUUID":                      {"string|null", "uuid"},
	"github.com/satori/go.uuid.UUID":                      {"string", "uuid"},
	"github.com/rs/xid.ID":                                {"string|null", ""},
	"github.com/oklog/ulid.ULID":                          {"string", ""},
	"github.com/shopspring/decimal.Decimal":               {"string", "decimal"},
	"github.com/shopspring/decimal.NullDecimal":           {"string|null", "decimal"},
	"gorm.io/gorm.DeletedAt":                              {"string|null", "date-time"},
	"gorm.io/datatypes.JSON":                              {},
	"gorm.io/datatypes.Date":                              {"string", "date-time"},
	"github.com/jmoiron/sqlx/types.JSONText":              {},
	"github.com/lib/pq.NullTime":                          {"", ""},
	"gopkg.in/guregu/null.String":                         {"string|null", ""},
	"gopkg.in/guregu/null.Int":                            {"integer|null", ""},
	"gopkg.in/guregu/null.Float":                          {"number|null", ""},
	"gopkg.in/guregu/null.Bool":                           {"boolean|null", ""},
	"gopkg.in/guregu/null.Time":                           {"string|null", "date-time"},
	"github.com/guregu/null.String":                       {"string|null", ""},
	"github.com/guregu/null.Int":                          {"integer|null", ""},
	"github.com/guregu/null.Float":                        {"number|null", ""},
	"github.com/guregu/null.Bool":                         {"boolean|null", ""},
	"github.com/guregu/null.Time":                         {"string|null", "date-time"},
	"github.com/jackc/pgx/pgtype.UUID":                    {"string|null", "uuid"},
	"github.com/jackc/pgx/pgtype.Text":                    {"string|null", ""},
	"github.com/jackc/pgx/pgtype.Timestamptz":             {"string|null", "date-time"},
	"github.com/jackc/pgx/pgtype.Int4":                    {"integer|null", ""},
	"github.com/jackc/pgx/pgtype.Int8":                    {"integer|null", ""},
	"github.com/jackc/pgx/pgtype.Bool":                    {"boolean|null", ""},
	"go.mongodb.org/mongo-driver/bson.ObjectID":           {"string", ""},
	"go.mongodb.org/mongo-driver/bson/primitive.ObjectID": {"string", ""},
}

// knownSchema returns the schema of a type whose form is known.
func knownSchema(t types.Type) (*tree.Node, bool) {
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return nil, false
	}
	name := unversioned(n.Obj().Pkg().Path()) + "." + n.Obj().Name()
	if name == "time.Duration" {
		return object("type", "integer", "format", "int64", "description", "Nanoseconds"), true
	}
	f, ok := knownForms[name]
	if !ok {
		return nil, false
	}
	kind, null := strings.CutSuffix(f.kind, "|null")
	schema := object("type", kind, "format", f.format)
	if null {
		schema = nullable(schema)
	}
	return schema, true
}

// unversioned returns the path of a package without the version of its module: "/v5" and
// ".v4".
func unversioned(path string) string {
	segments := strings.Split(path, "/")
	segments = slices.DeleteFunc(segments, func(s string) bool { return isVersion(s, "v") })
	for i, s := range segments {
		if name, version, found := strings.Cut(s, "."); found && isVersion(version, "v") {
			segments[i] = name
		}
	}
	return strings.Join(segments, "/")
}

func isVersion(s, prefix string) bool {
	digits, found := strings.CutPrefix(s, prefix)
	return found && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// customSchema returns the schema of a type that writes itself, as far as its methods tell:
// text is a string, JSON can be anything. It is nil for a type that does not.
func customSchema(t types.Type) *tree.Node {
	n, ok := t.(*types.Named)
	if !ok || types.IsInterface(t) {
		return nil
	}
	value, pointer := types.NewMethodSet(n), types.NewMethodSet(types.NewPointer(n))
	switch {
	case pointer.Lookup(nil, "MarshalJSON") != nil:
		return anything()
	case value.Lookup(nil, "MarshalText") != nil:
		return object("type", "string")
	case pointer.Lookup(nil, "MarshalText") != nil: // a string where it can be addressed
		return anything()
	}
	return nil
}

package mcpmount

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A clone is equal and shares nothing that can be edited, whatever fields a
// Document has.
func TestClone(t *testing.T) {
	var doc Document
	fill(reflect.ValueOf(&doc).Elem())
	clone := doc.Clone()
	if diff := cmp.Diff(&doc, clone, cmp.AllowUnexported(Schema{})); diff != "" {
		t.Errorf("the clone differs (-document +clone):\n%s", diff)
	}
	findShared(t, "Document", reflect.ValueOf(doc), reflect.ValueOf(*clone))
}

// fill gives v, and all that is in it, a value other than zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint('1')
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Schema]() {
			return // immutable
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Func: // cannot be edited
	default:
		panic(fmt.Sprintf("a %s in a document", v.Type()))
	}
}

// findShared reports the pointers, slices and maps that are in both a and b.
func findShared(t *testing.T, place string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.IsNil() || a.UnsafePointer() == b.UnsafePointer() {
			t.Errorf("%s is shared", place)
			return
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		findShared(t, place, a.Elem(), b.Elem())
	case reflect.Slice:
		findShared(t, place+"[0]", a.Index(0), b.Index(0))
	case reflect.Map:
		for _, key := range a.MapKeys() {
			findShared(t, place+"["+key.String()+"]", a.MapIndex(key), b.MapIndex(key))
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type() != reflect.TypeFor[Schema]() {
				findShared(t, place+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
}

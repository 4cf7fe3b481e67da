// Goes into ./ca; dumpRoutes of ca.go is uncommented, and appends to a variable, Dumped, instead of printing.

package ca

import (
	"testing"

	"github.com/smallstep/certificates/authority"
	"github.com/smallstep/certificates/db"
)

func TestList(t *testing.T) {
	config, err := authority.LoadConfiguration("testdata/ca.json")
	if err != nil {
		t.Fatal(err)
	}
	config.DB = &db.Config{Type: "badgerv2", DataSource: t.TempDir()}
	config.AuthorityConfig.EnableAdmin = true
	if _, err := New(config); err != nil {
		t.Fatal(err)
	}
	writeList(t, Dumped)
}

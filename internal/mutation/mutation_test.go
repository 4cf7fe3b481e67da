package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The mutants fit the sources; make mutants looks whether tests notice them.
func TestApply(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range mutants() {
		if seen[m.name] {
			t.Errorf("two mutants are called %s", m.name)
		}
		seen[m.name] = true
	}
	_, err := apply(mutants(), func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join("..", "..", name))
	})
	if err != nil {
		t.Error(err)
	}
}

package describe

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What gin refuses, and what it accepts, the schema of the type does as well.
func TestRulesMeanWhatGinMakesOfThem(t *testing.T) {
	schemas := schemasOf(t, loadPackage(t, "./bindings"), "All", false)
	count := map[string]int{}
	for _, line := range output(t, "./bindings/cmd/judge", "3") {
		name, rest, _ := strings.Cut(line, " ")
		verdict, data, _ := strings.Cut(rest, " ")
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		err = schemas[name].Validate(value)
		if refused := err != nil; refused != (verdict == "refused") && count["wrong "+name] < 5 {
			count["wrong "+name]++
			t.Errorf("%s: gin %s %s, but the schema says: %v", name, verdict, data, err)
		}
		count[name+" "+verdict]++
	}
	for name := range schemas {
		for _, verdict := range []string{"accepted", "refused"} {
			if count[name+" "+verdict] < 100 {
				t.Errorf("gin %s only %d values of %s", verdict, count[name+" "+verdict], name)
			}
		}
	}
}

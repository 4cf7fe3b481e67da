package main

import (
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// configSchemaCommand prints what editors need to help with a configuration file.
type configSchemaCommand struct{}

func (configSchemaCommand) Help() string {
	return "mcpmount config-schema\n"
}

// Run prints the schema.
func (configSchemaCommand) Run(t *terminal) error {
	s, err := configSchema()
	if err != nil {
		return err
	}
	return printJSON(t.stdout, s)
}

// object is a JSON object of a schema.
type object = map[string]any

// configSchema returns the JSON Schema (2020-12) of a configuration file, made of
// the flags that its keys are.
func configSchema() (object, error) {
	process, err := newKeySet(&processKeys{})
	if err != nil {
		return nil, err
	}
	api, err := newKeySet(&apiKeys{})
	if err != nil {
		return nil, err
	}
	top, own, shared := properties(process), properties(api), properties(api)
	delete(shared, "document")
	delete(shared, "path")
	closed := func(properties object, more ...string) object {
		s := object{"type": "object", "additionalProperties": false, "properties": properties}
		if len(more) > 0 {
			s["required"] = more
		}
		return s
	}
	top[keySchema] = object{"type": "string", "description": "URL or file of this schema"}
	top[keyDefaults] = closed(shared)
	top[keyDefaults].(object)["description"] = "keys of every API that has not its own"
	top[keyAPIs] = object{
		"type": "object", "description": "the APIs by name", "minProperties": 1,
		"propertyNames":        object{"pattern": nameOfAPI.String()},
		"additionalProperties": object{"$ref": "#/$defs/api"},
	}
	s := closed(top, keyAPIs)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Configuration of mcpmount serve --config"
	s["$defs"] = object{
		"api":      closed(own, "document"),
		"variable": object{"type": "string", "pattern": `\$\{[^}]+\}`, "description": "a text with environment variables, ${NAME}, or files, ${file:PATH}"},
	}
	return s, nil
}

// properties returns the schemas of keys.
func properties(keys *keySet) object {
	all := object{}
	for name, f := range keys.flags {
		all[name] = keySchemaOf(f)
	}
	return all
}

// keySchemaOf returns the schema of the key that a flag is.
func keySchemaOf(f *kong.Flag) object {
	element := elementSchema(f)
	s := element
	if f.IsSlice() {
		forms := []any{element, object{"type": "array", "items": element}}
		if separator(f) != "" {
			forms = append(forms, object{"type": "object", "additionalProperties": element})
		}
		s = object{"anyOf": forms}
	}
	s["description"] = keyHelp(f)
	return s
}

// elementSchema returns the schema of a single value.
func elementSchema(f *kong.Flag) object {
	variable := object{"$ref": "#/$defs/variable"}
	switch t := typeOf(f); {
	case t == typeBool:
		return object{"anyOf": []any{object{"type": "boolean"}, variable}}
	case t == typeInt:
		return object{"anyOf": []any{object{"type": "integer"}, variable}}
	case t == typeDuration:
		return object{"anyOf": []any{object{"type": "string", "pattern": `^-?([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$`}, object{"const": 0}, variable}}
	case f.Enum != "" && !f.IsSlice():
		return object{"anyOf": []any{object{"enum": f.EnumSlice()}, variable}}
	case f.Enum != "":
		one := strings.Join(f.EnumSlice(), "|")
		return object{"anyOf": []any{object{"type": "string", "pattern": "^(" + one + ")(,(" + one + "))*$"}, variable}}
	}
	return object{"type": []string{"string", "number"}}
}

// keyHelp returns the help of a flag for its key.
func keyHelp(f *kong.Flag) string {
	return asKeys(regexp.MustCompile(`, repeatable(,|$)`).ReplaceAllString(f.Help, "$1"))
}

package main

import (
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount"
)

// answerFlags say which parts of answers models get. OP is an operationId, a tool name or a
// pattern of one; the last value that matches an operation counts.
type answerFlags struct {
	MaxResultBytes []string `sep:"none" placeholder:"OP=N" help:"cut the results of OP, or without OP= all, to N bytes that still are JSON, and say what is missing; repeatable"`
	Fields         []string `sep:"none" placeholder:"OP=PATHS" help:"keep only these parts of answers, such as /items/*/id,/total; repeatable"`
	OfferFields    []string `sep:"none" placeholder:"OP" help:"let models choose parts by one more argument, fields; repeatable"`
	Prune          []string `sep:"none" placeholder:"OP" help:"leave out members that are null or empty, repeatable"`
	JQ             []string `name:"jq" sep:"none" placeholder:"OP=PROGRAM" help:"turn answers into what a jq program makes of them, first of all; repeatable"`
	LinkBytes      []string `sep:"none" placeholder:"OP=N" help:"link binaries of N bytes or more as resources instead of sending them, repeatable"`
	NoPaging       bool     `help:"do not say by which arguments the next page is asked for"`
}

// A resultRule is the value of a flag for some operations.
type resultRule struct{ operations, value string }

// editResults gives the operations of src the results that the flags say.
func (f *answerFlags) editResults(src *source) error {
	if reflect.ValueOf(*f).IsZero() {
		return nil
	}
	if f.NoPaging {
		for i := range src.doc.Operations {
			resultsOf(&src.doc.Operations[i]).NoPaging = true
		}
	}
	flags := []struct {
		name   string
		values []string
		form   string // of a value, "" for operations only
		bare   bool   // whether a value alone is for all operations
		edit   func(r *mcpmount.Results, value string) error
	}{
		{"--jq", f.JQ, "OP=PROGRAM", false, setJQ},
		{"--fields", f.Fields, "OP=PATHS", false, setFields},
		{"--offer-fields", f.OfferFields, "", true, func(r *mcpmount.Results, _ string) error { r.OfferFields = true; return nil }},
		{"--prune", f.Prune, "", true, func(r *mcpmount.Results, _ string) error { r.Prune = true; return nil }},
		{"--max-result-bytes", f.MaxResultBytes, "OP=N", true, func(r *mcpmount.Results, n string) (err error) {
			if r.MaxBytes, err = strconv.Atoi(n); err != nil || r.MaxBytes > 0 && r.MaxBytes < mcpmount.MinResultBytes {
				return misuse("--max-result-bytes 100000", "--max-result-bytes %s is not a number of bytes of at least %d; 0 is no bound", n, mcpmount.MinResultBytes)
			}
			return nil
		}},
		{"--link-bytes", f.LinkBytes, "OP=N", true, func(r *mcpmount.Results, n string) (err error) {
			if r.LinkBytes, err = strconv.Atoi(n); err != nil {
				return misuse("--link-bytes 100000", "--link-bytes %s is not a number of bytes", n)
			}
			return nil
		}},
	}
	for _, flag := range flags {
		for _, text := range flag.values {
			rule, err := newResultRule(flag.name, flag.form, flag.bare, text)
			if err != nil {
				return err
			}
			if err := rule.apply(src, flag.name, flag.edit); err != nil {
				return err
			}
		}
	}
	return nil
}

// newResultRule reads one value of a flag.
func newResultRule(flag, form string, bare bool, text string) (resultRule, error) {
	operations, value, found := strings.Cut(text, "=")
	switch {
	case form == "" && text != "":
		return resultRule{operations: text}, nil
	case found && operations != "":
		return resultRule{operations, value}, nil
	case !found && bare && text != "":
		return resultRule{"*", text}, nil
	case form == "":
		form = "OP"
	}
	return resultRule{}, misuse(flag+" '*="+strings.TrimPrefix(form, "OP=")+"'", "%s must have the form %s", flag, form)
}

// apply edits the results of the operations that the rule is for.
func (rule resultRule) apply(src *source, flag string, edit func(r *mcpmount.Results, value string) error) error {
	found := false
	for i := range src.doc.Operations {
		op := &src.doc.Operations[i]
		if !rule.matches(op) {
			continue
		}
		found = true
		if err := edit(resultsOf(op), rule.value); err != nil {
			return err
		}
	}
	if !found && rule.operations != "*" {
		return src.noOperation(flag, rule.operations)
	}
	return nil
}

func (rule resultRule) matches(op *mcpmount.Operation) bool {
	if rule.operations == "*" || rule.operations == op.Name || rule.operations == op.ID {
		return true
	}
	byName, _ := path.Match(rule.operations, op.Name) // what is no pattern matches nothing
	byID, _ := path.Match(rule.operations, op.ID)
	return byName || byID
}

// resultsOf returns the results of op, to be edited.
func resultsOf(op *mcpmount.Operation) *mcpmount.Results {
	if op.Results == nil {
		op.Results = &mcpmount.Results{}
	}
	return op.Results
}

// setFields keeps the paths in a list with commas.
func setFields(r *mcpmount.Results, list string) error {
	r.Fields = nil
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			return misuse("--fields 'list_orders=/items/*/id,/total'", "--fields: a path in %q is empty", list)
		}
		r.Fields = append(r.Fields, text)
	}
	return nil
}

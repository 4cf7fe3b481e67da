package mcpmount

import (
	"fmt"
	"slices"
	"strings"
)

// resourceRoot returns what the URI of op starts with, and the path template
// that follows: those of the API, or those of the URI that its author chose.
func resourceRoot(op *Operation, prefix string) (root, path string, err error) {
	if op.URI == "" {
		return prefix, op.Path, nil
	}
	scheme, rest, ok := strings.Cut(op.URI, "://")
	if !ok || scheme == "" || rest == "" || strings.ContainsFunc(scheme+rest, func(r rune) bool { return !strings.ContainsRune(uriRunes, r) }) {
		return "", "", fmt.Errorf("URI %q is not like shop://order/{id}, without a query and without characters that need to be escaped", op.URI)
	}
	variables, ok := pathVariables(rest)
	if want, _ := pathVariables(op.Path); !ok || !slices.Equal(variables, want) {
		return "", "", fmt.Errorf("URI %q does not have the variables of %s, each once and as a whole segment", op.URI, op.Path)
	}
	return scheme + ":/", "/" + rest, nil
}

// uriRunes are those of a URI that an author may choose.
const uriRunes = unreserved + "/{}:@"

// pathVariables returns the segments of a path that are variables, sorted, and
// whether the others have no braces.
func pathVariables(path string) (variables []string, ok bool) {
	ok = true
	for s := range strings.SplitSeq(path, "/") {
		if name := strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}"); len(name) == len(s)-2 {
			variables = append(variables, name)
			s = name
		}
		ok = ok && !strings.ContainsAny(s, "{}")
	}
	slices.Sort(variables)
	return variables, ok
}

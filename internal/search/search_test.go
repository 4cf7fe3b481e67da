package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pets are the operations of a small API, with what a document says of each.
var pets = []Entry{
	{"listPets", [Texts]string{"listPets List all pets", "pets", "Returns the animals of the shop.", "limit tag"}, "list"},
	{"getPet", [Texts]string{"getPet Info for one pet", "pets", "", "petId"}, "get"},
	{"createPet", [Texts]string{"createPet Create a pet", "pets", "", "name tag"}, "create"},
	{"deletePet", [Texts]string{"deletePet Delete a pet", "pets", "", "petId"}, "delete"},
	{"uploadPhoto", [Texts]string{"uploadPhoto Upload an image of a pet", "pets photos", "", "petId file"}, "create"},
	{"listRepositories", [Texts]string{"listRepositories", "repositories", "", ""}, "list"},
	{"stop-job", [Texts]string{"stop-job Stop a running job", "jobs stop", "", "jobId"}, "create"},
	{"stop", [Texts]string{"stop Stop everything", "stop", "", ""}, "create"},
	{"支払い", [Texts]string{"支払いを取り消す", "支払い", "", ""}, "delete"},
}

func index(entries []Entry) *Index {
	return New(len(entries), func(i int) Entry { return entries[i] })
}

func find(x *Index, query string) (names []string) {
	for _, i := range x.Find(query, nil) {
		names = append(names, pets[i].Name)
	}
	return names
}

func TestFind(t *testing.T) {
	x := index(pets)
	for _, c := range []struct{ query, first string }{
		{"list pets", "listPets"},
		{"which animals are there?", "listPets"},
		{"add a pet", "createPet"},          // an action has many words
		{"get rid of my pet", "deletePet"},  // and phrases
		{"removing pets", "deletePet"},      // in any form
		{"picture of a pet", "uploadPhoto"}, // a word for another
		{"repos", "listRepositories"},       // the beginning of a word
		{"delet pett", "deletePet"},         // misspelt
		{"cancel a job", "stop-job"},
		{"GETPET", "getPet"},                 // the name itself
		{"stop the running job", "stop-job"}, // and not the tool that is called like a word of it
		{"取り消す", "支払い"},
	} {
		if got := find(x, c.query); len(got) == 0 || got[0] != c.first {
			t.Errorf("%q finds %v, want %s first", c.query, got, c.first)
		}
	}
	for _, query := range []string{"", "the", "?", "12345", "weather in Oslo tomorrow", strings.Repeat("x", 100)} {
		if got := find(x, query); got != nil {
			t.Errorf("%q finds %v", query, got)
		}
	}
	if got := find(x, "`deletePet`, listPets"); !slices.Equal(got[:2], []string{"deletePet", "listPets"}) {
		t.Errorf("two names find %v", got)
	}
}

// What is not visible has no influence: the others are found as if it were not there.
func TestFindVisible(t *testing.T) {
	all := index(pets)
	for hidden := range pets {
		rest := slices.Delete(slices.Clone(pets), hidden, hidden+1)
		without := index(rest)
		for _, query := range []string{"list pets", "repo", "photo", "delet", "stop", "stop job", "animals", "支払い", "listRepositories"} {
			var got, want []string
			for _, i := range all.Find(query, func(i int) bool { return i != hidden }) {
				got = append(got, pets[i].Name)
			}
			for _, i := range without.Find(query, nil) {
				want = append(want, rest[i].Name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q without %s finds %v, want %v", query, pets[hidden].Name, got, want)
			}
		}
	}
}

// Nor has how long the texts of what is hidden are, beside which those of others would be short.
func TestFindVisibleLengths(t *testing.T) {
	entries := []Entry{
		{Name: "a", Texts: [Texts]string{"order " + strings.Repeat("word ", 19)}},
		{Name: "b", Texts: [Texts]string{"b", "order", "order", "order"}},
		{Name: "hidden", Texts: [Texts]string{strings.Repeat("hidden ", 200)}},
	}
	want := index(entries[:2]).Find("order", nil)
	if got := index(entries).Find("order", func(i int) bool { return i < 2 }); !slices.Equal(got, want) {
		t.Errorf("found %v, without what is hidden %v", got, want)
	}
}

// What is indexed of a hostile document is bounded.
func TestIndexBounds(t *testing.T) {
	next, late := 0, strings.Repeat(" ", 1<<20)+"late"
	x := New(400, func(i int) Entry { // each word is another one
		var text strings.Builder
		for range 2 * maxWords {
			next++
			fmt.Fprintf(&text, "%s ", strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(1_000_000+next)))
		}
		return Entry{Name: fmt.Sprint("name", i), Texts: [Texts]string{text.String(), late}}
	})
	if n := len(x.postings); n != maxDistinct {
		t.Errorf("%d words, want %d", n, maxDistinct)
	}
	if found := x.Find("late", nil); found != nil {
		t.Errorf("what stands after a megabyte is found: %v", found)
	}
	if found := x.Find("name399", nil); !slices.Equal(found, []int{399}) {
		t.Errorf("the last name finds %v", found)
	}
	const many = 8_000
	text := strings.Repeat("same ", maxWords)
	x = New(many, func(int) Entry { return Entry{Texts: [Texts]string{text, text, text, text, text}} })
	words := 0
	for _, lengths := range x.lengths {
		for _, n := range lengths {
			words += int(n)
		}
	}
	if most := maxPostings + Texts*many; words > most {
		t.Errorf("%d words are indexed, want at most %d", words, most)
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"listPods, list-pods list_pods": "list pod list pod list pod",
		"APIKeys userIDs HTTPServer":    "api key user ids http server",
		"Café RÉSUMÉ":                   "caf resum",
		"stopping stopped stops stop":   "stop stop stop stop",
		"companies branches boxes":      "company branch box",
		"create creates creation":       "creat creat creat",
		"status bus class analysis":     "status bus class analysis",
		"検索 api":                        "検索 api",
		"東京都":                           "東京 京都",
		"ＡＢＣ":                           "abc",
		"हिन्दी":                        "हिन्दी",
	} {
		if got := strings.Join(words(text, 100), " "); got != want {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
	if got := words(strings.Repeat("word ", 300), maxWords); len(got) != maxWords {
		t.Errorf("%d words, want %d", len(got), maxWords)
	}
}

// An entry is found by its name, and each entry at most once.
func FuzzFind(f *testing.F) {
	f.Add("listPets", "Lists the pets.", "pets")
	f.Add("a_b-c", "ﬀ ŉ ǅ İ \xff 支払い", "支払")
	f.Fuzz(func(t *testing.T, name, text, query string) {
		entries := append(slices.Clone(pets), Entry{Name: name, Texts: [Texts]string{name, text, text, name, text}, Action: "get"})
		x := index(entries)
		found := x.Find(query, nil)
		if seen := slices.Compact(slices.Sorted(slices.Values(found))); len(seen) != len(found) {
			t.Fatalf("%q finds %v", query, found)
		}
		if fmt.Sprint(found) != fmt.Sprint(x.Find(query, nil)) {
			t.Fatal("found otherwise the second time")
		}
		if isName(name) {
			if found := x.Find(name, nil); len(found) == 0 || entries[found[0]].Name != name {
				t.Fatalf("%q does not find itself: %v", name, found)
			}
		}
	})
}

// isName reports whether a name is one of a tool, and no other entry has it.
func isName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", r) {
			return false
		}
	}
	return name != "" && !slices.ContainsFunc(pets, func(e Entry) bool { return strings.EqualFold(e.Name, name) })
}

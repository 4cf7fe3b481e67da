package mcpmount

import "testing"

// What a caller may see is told by the tool set of the moment: what was found out
// before a change says nothing about lists of after it.
func TestListingsAcrossAChange(t *testing.T) {
	var l listings
	key := listingKey{method: "tools/list", seen: "+-"}
	before := l.now()
	changed := l.change()
	if l.put(key, before, []byte("during")); l.get(key, before) != nil {
		t.Error("a list is kept while lists change")
	}
	changed()
	if l.put(key, before, []byte("before")); l.get(key, l.now()) != nil {
		t.Error("a list of before a change is served after it")
	}
	l.put(key, l.now(), []byte("after"))
	if l.get(key, before) != nil {
		t.Error("a list of after a change is served to who was looked at before it")
	}
	if string(l.get(key, l.now())) != "after" {
		t.Error("a list is not kept")
	}
}

package mcpmount

// maxRecent is how many keys a generation of a recent has.
const maxRecent = 8192

// A recent remembers something of the keys that were used last: of maxRecent at
// least, and of twice as many at most. The zero recent is empty.
type recent[K comparable, V any] struct {
	young, old map[K]V
}

// get returns what is remembered of k, and keeps it for longer.
func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.young[k]
	if ok {
		return v, true
	}
	if v, ok = r.old[k]; ok {
		r.put(k, v)
	}
	return v, ok
}

// put remembers v of k.
func (r *recent[K, V]) put(k K, v V) {
	if len(r.young) >= maxRecent {
		r.old, r.young = r.young, nil
	}
	if r.young == nil {
		r.young = map[K]V{}
	}
	r.young[k] = v
}

package templates

import (
	"cmp"
	"slices"
	"strings"
)

// Feeding returns the indices of the variables whose values stand at a place of the
// request, inside it or around it, in the order in which they stand there. The place is a
// JSON pointer into the request as it is sent. A service that refuses a request names
// such a place, and the cell to blame is found by it. The pointer "" of the whole request
// gives nil.
func (t *Template) Feeding(pointer string) []int {
	if pointer == "" {
		return nil
	}
	if name, ok := strings.CutPrefix(pointer, "/"+t.form().ByName+"/"); ok && t.ByName() {
		if _, i := t.Variable(name); i >= 0 {
			return []int{i}
		}
		return nil
	}
	type stand struct {
		pointer  string
		variable int
	}
	place := t.where[t.request] + pointer
	var found []stand
	for i, v := range t.Variables {
		for _, u := range v.Uses {
			if within(u.Pointer, place) || within(place, u.Pointer) {
				found = append(found, stand{u.Pointer, i})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b stand) int { return cmp.Compare(a.pointer, b.pointer) })
	var all []int
	for _, s := range found {
		if !slices.Contains(all, s.variable) {
			all = append(all, s.variable)
		}
	}
	return all
}

// within reports whether a pointer leads to a place or to something in it.
func within(pointer, place string) bool {
	rest, ok := strings.CutPrefix(pointer, place)
	return ok && (rest == "" || rest[0] == '/')
}

package templates

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/templates/form"
)

// header is the columns of a sheet, under all the names people call them by.
type header struct {
	columns []string
	exact   map[string][]int
	folded  map[string][]int // first_name
	compact map[string][]int // firstname
}

func newHeader(columns []string) *header {
	h := &header{columns: columns, exact: map[string][]int{}, folded: map[string][]int{}, compact: map[string][]int{}}
	for i, name := range columns {
		folded := form.Fold(name)
		if folded == "" {
			continue // a column without a name feeds nothing
		}
		h.exact[name] = append(h.exact[name], i)
		h.folded[folded] = append(h.folded[folded], i)
		c := strings.ReplaceAll(folded, "_", "")
		h.compact[c] = append(h.compact[c], i)
	}
	return h
}

// find returns the columns a name can mean: the one written just so, else those
// that differ in case, accents and separators. The nearest meaning wins; more
// than one column of the same nearness is ambiguous.
func (h *header) find(name string) []int {
	if found := h.exact[name]; len(found) > 0 {
		return found
	}
	folded := form.Fold(name)
	if found := h.folded[folded]; len(found) > 0 {
		return found
	}
	return h.compact[strings.ReplaceAll(folded, "_", "")]
}

// suggest is the hint for a column that is not there.
func (h *header) suggest(name string) string {
	return didYouMean(name, h.columns)
}

// didYouMean names the candidate a slip of the finger away, else what there is.
func didYouMean(name string, candidates []string) string {
	if near := closest(name, candidates); near != "" {
		return wording.DidYouMean(near)
	}
	if len(candidates) == 0 {
		return "there is none to choose from"
	}
	const most = 12
	shown, more := candidates, ""
	if len(shown) > most {
		shown, more = shown[:most], fmt.Sprintf(" and %d more", len(candidates)-most)
	}
	return "there is " + strings.Join(quotedEach(shown), ", ") + more
}

func quotedEach(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf("%q", wording.Shorten(name))
	}
	return out
}

// closest is the candidate that a slip of the finger turned into name, else one
// of which it is a part.
func closest(name string, candidates []string) string {
	return cmp.Or(wording.Nearest(name, candidates, form.Fold), wording.Overlapping(name, candidates, form.Fold, 4))
}

package templates

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/templates/form"
)

// header has the columns of a sheet under each of the names by which a campaign may call
// them.
type header struct {
	columns []string
	exact   map[string][]int
	folded  map[string][]int // by the folded name, such as first_name
	compact map[string][]int // by the folded name without underscores, such as firstname
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

// find returns the columns that a name can mean. An exact match wins over one that
// differs in case and accents, and that over one that differs in separators. Several
// columns that match equally well are all returned, and the caller reports them as
// ambiguous.
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

// suggest returns a hint for a column that does not exist.
func (h *header) suggest(name string) string {
	return didYouMean(name, h.columns)
}

// didYouMean names the most similar candidate, or lists what there is to choose from.
func didYouMean(name string, candidates []string) string {
	if near := closest(name, candidates); near != "" {
		return wording.DidYouMean(near)
	}
	if len(candidates) == 0 {
		return "there is none to choose from"
	}
	const most = 12
	shown := candidates
	more := ""
	if len(shown) > most {
		shown = shown[:most]
		more = fmt.Sprintf(" and %d more", len(candidates)-most)
	}
	return "there is " + strings.Join(quotedEach(shown), ", ") + more
}

// quotedEach quotes each name, shortened: a column's name can be a whole paragraph.
func quotedEach(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fmt.Sprintf("%q", wording.Shorten(name))
	}
	return out
}

// closest returns the candidate that differs from name by a typing error, or else one
// that has name as a part.
func closest(name string, candidates []string) string {
	return cmp.Or(wording.Nearest(name, candidates, form.Fold), wording.Overlapping(name, candidates, form.Fold, 4))
}

package templates

import (
	"cmp"
	"slices"
	"strings"
)

// Says returns what the video of a row says or shows of the row: the texts in which its
// values stand, in the order of the scenes. The values are in the order of
// [Template.Variables]. Where the service has the texts, it is each value with its name.
func (t *Template) Says(values []string) []string {
	if texts := t.filled(values); len(texts) > 0 {
		return texts
	}
	var named []string
	for i, v := range t.Variables {
		if i < len(values) && values[i] != "" {
			named = append(named, v.Name+": "+values[i])
		}
	}
	return named
}

// filled are the texts of the template with the values in their places. A path or an
// address that is a value as a whole is no text.
func (t *Template) filled(values []string) []string {
	var holes []string
	uses := []Use{}
	seen := map[string]bool{}
	for i, v := range t.Variables {
		if i < len(values) {
			holes = append(holes, "{"+v.Name+"}", values[i])
		}
		for _, use := range v.Uses {
			if isText := use.Spoken || !use.Whole || use.Field == "text"; isText && !seen[use.Pointer] {
				uses = append(uses, use)
				seen[use.Pointer] = true
			}
		}
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return cmp.Compare(a.Scene, b.Scene) })
	fill := strings.NewReplacer(holes...)
	var texts []string
	for _, use := range uses {
		if n := t.root.Find(use.Pointer); n != nil {
			texts = append(texts, strings.Join(strings.Fields(fill.Replace(t.Text(n))), " "))
		}
	}
	return texts
}

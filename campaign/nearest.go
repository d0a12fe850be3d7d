package campaign

import (
	"slices"
	"strings"

	near "github.com/reelmerge/reelmerge/internal/nearest"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// nearest is the candidate that a typing mistake would turn into s, or nothing
// when none is near: one edit, and one more for each four characters.
func nearest(s string, candidates []string) string {
	best, limit := "", 1+len(s)/4
	for _, c := range candidates {
		d := near.Distance(fold(s), fold(c))
		if d <= limit && d < len(c) {
			best, limit = c, d-1
		}
	}
	return best
}

func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

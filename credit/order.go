package credit

import (
	"maps"
	"slices"
	"strings"
)

// InOrder returns the accounts of a map by their names.
func InOrder[V any](of map[Account]V) []Account {
	return slices.SortedFunc(maps.Keys(of), func(a, b Account) int { return strings.Compare(a.String(), b.String()) })
}

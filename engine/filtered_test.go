package engine_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAFilteredRowTakesNoKeyOfAnotherRow has rows without a key, two of which say
// the same with a filtered one in between. When that leaves the sheet, both are
// still known: neither is bought again.
func TestAFilteredRowTakesNoKeyOfAnotherRow(t *testing.T) {
	store := newMemory(t)
	keys := func(csv string) []string {
		s := invite()
		s.csv, s.where = csv, `notes != "no"`
		p := s.planner(t, store)
		p.Key, p.Filename = "", ""
		if _, err := p.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(states(t, store)))
	}
	before := keys("id,name,notes\n1,Ada,a\n2,Grace,no\n3,Ada,b\n")
	after := keys("id,name,notes\n1,Ada,a\n3,Ada,b\n")
	if diff := cmp.Diff(before, after); diff != "" || len(before) != 2 {
		t.Errorf("keys (-before +after):\n%s", diff)
	}
}

package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// named plans a sheet of keys with a pattern of file names, and records it.
func named(t *testing.T, store ledger.Store, pattern string, keys ...string) *engine.Plan {
	t.Helper()
	s := invite()
	s.csv = "id,name\n"
	for _, key := range keys {
		s.csv += fmt.Sprintf("%q,Ada\n", key)
	}
	p := s.planner(t, store)
	p.Filename, p.Duplicates = pattern, engine.KeepDuplicates
	plan, err := p.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// filesOf are the names that the entries of a ledger have, in the order of keys.
func filesOf(t *testing.T, store ledger.Store) (files []string) {
	t.Helper()
	seen := map[string]string{}
	for key, e := range states(t, store) {
		files = append(files, key+" "+e.File)
		if other := seen[safename.Fold(e.File)]; other != "" && e.State != ledger.Planned {
			t.Errorf("%s and %s have the same file %q", other, key, e.File)
		}
		seen[safename.Fold(e.File)] = key
	}
	slices.Sort(files)
	return files
}

// buy takes all planned rows to success.
func buy(t *testing.T, store ledger.Store) {
	t.Helper()
	for key, e := range states(t, store) {
		if e.State != ledger.Planned {
			continue
		}
		for i, ev := range []ledger.Event{{Kind: ledger.Intend}, {Kind: ledger.Submit, Ticket: job.Ticket{Job: "job-" + key}}, {Kind: ledger.Succeed}} {
			ev.At = e.PlannedAt
			if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: e.Version + uint64(i), Event: ev}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestNamesAreReservedOverAllEntries: what is bought keeps its name, also when its
// row has moved or is gone, and no row that comes gets it.
func TestNamesAreReservedOverAllEntries(t *testing.T) {
	long := strings.Repeat("k", 150)
	for name, c := range map[string]struct {
		pattern       string
		before, after []string
		want          []string
	}{
		"newcomers at the top": {
			"{row}.mp4", []string{"a", "b"}, []string{"x", "y", "z", "a", "b"},
			[]string{"a 2.mp4", "b 3.mp4", "x 2-2.mp4", "y 3-2.mp4", "z 4.mp4"},
		},
		"one goes, one comes": {
			"{row}.mp4", []string{"a", "b", "c"}, []string{"a", "c", "d"},
			[]string{"a 2.mp4", "b 3.mp4", "c 4.mp4", "d 4-2.mp4"},
		},
		"a key that is cleaned to the same": {
			"{key}.mp4", []string{"A?B"}, []string{"AB"}, []string{"A?B AB.mp4", "AB AB-2.mp4"},
		},
		"a key of other case": {
			"{key}.mp4", []string{"ada"}, []string{"ADA"}, []string{"ADA ADA-2.mp4", "ada ada.mp4"},
		},
		"an accent written otherwise": {
			"{key}.mp4", []string{"Zo\u00eb"}, []string{"Zoe\u0308"},
			[]string{"Zoe\u0308 Zo\u00eb-2.mp4", "Zo\u00eb Zo\u00eb.mp4"},
		},
		"keys that are cut alike": {
			"{key}.mp4", []string{long + "1"}, []string{long + "2"},
			[]string{long + "1 " + long[:116] + ".mp4", long + "2 " + long[:114] + "-2.mp4"},
		},
		"the next name is another key's": {
			"{key}.mp4", []string{"A?B"}, []string{"AB", "AB-2"},
			[]string{"A?B AB.mp4", "AB AB-2.mp4", "AB-2 AB-2-2.mp4"},
		},
		"the next name is an earlier row's": {
			"{key}.mp4", []string{"A?B"}, []string{"AB-2", "AB"},
			[]string{"A?B AB.mp4", "AB AB-3.mp4", "AB-2 AB-2.mp4"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemory(t)
			named(t, store, c.pattern, c.before...)
			buy(t, store)
			if plan := named(t, store, c.pattern, c.after...); plan.Found > 0 {
				t.Fatalf("problems: %+v", plan.Problems)
			}
			if diff := cmp.Diff(c.want, filesOf(t, store)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			versions := states(t, store)
			named(t, store, c.pattern, c.after...)
			for key, e := range states(t, store) {
				if e.Version != versions[key].Version {
					t.Errorf("%s is planned anew by a plan of the same sheet", key)
				}
			}
			buy(t, store)
			filesOf(t, store)
		})
	}
}

// TestAPlannedRowKeepsItsNameWhileThePatternLeadsThere.
func TestAPlannedRowKeepsItsNameWhileThePatternLeadsThere(t *testing.T) {
	store := newMemory(t)
	named(t, store, "{key}.mp4", "A?B")
	buy(t, store)
	named(t, store, "{key}.mp4", "AB", "c")
	named(t, store, "{key}.mp4", "c", "AB")
	if diff := cmp.Diff([]string{"A?B AB.mp4", "AB AB-2.mp4", "c c.mp4"}, filesOf(t, store)); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	named(t, store, "video of {key}.mp4", "c", "AB")
	if diff := cmp.Diff([]string{"A?B AB.mp4", "AB video of AB.mp4", "c video of c.mp4"}, filesOf(t, store)); diff != "" {
		t.Errorf("another pattern (-want +got):\n%s", diff)
	}
}

// TestFilesOfOneSheetCollideByTheirNamesOnDisk, also where the pattern has {row}.
func TestFilesOfOneSheetCollideByTheirNamesOnDisk(t *testing.T) {
	long := strings.Repeat("k", 150)
	for name, c := range map[string]struct {
		pattern string
		keys    []string
		found   int
	}{
		"key and number, distinct": {"{key}-{row}.mp4", []string{long + "1", long + "2", long + "3", long + "4"}, 0},
		"key and number, the same": {"{key}{row}.mp4", []string{"a1", "b", "c", "d", "e", "f", "g", "h", "i", "j", "a"}, 1},
		"number alone":             {"{row}.mp4", []string{"a", "b", "c"}, 0},
		"a number that is cut off": {strings.Repeat("x", 130) + "{row}", []string{"a", "b", "c"}, 2},
		"the same key":             {"{key}-{row}.mp4", []string{"a", "a"}, 1},
		"case":                     {"{key}.mp4", []string{"a", "A"}, 1},
	} {
		plan := named(t, newMemory(t), c.pattern, c.keys...)
		if plan.Found != c.found {
			t.Errorf("%s: %d problems: %+v", name, plan.Found, plan.Problems)
		}
	}
}

package engine_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/engine"
)

// TestACleanRunTellsEachRowsLife in its order, from the plan to the end.
func TestACleanRunTellsEachRowsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := searchable(&world{}, true), newMemory(t)
		e := newEngine(store, s)
		told := map[string][]engine.What{}
		e.Observe = func(h engine.Happening) {
			if h.What != engine.Polled {
				told[h.Entry.Key] = append(told[h.Entry.Key], h.What)
			}
			if h.What == engine.Intended && h.Entry.IntendedAt.IsZero() {
				t.Errorf("%s was told as intended before it was", h.Entry.Key)
			}
		}
		if _, err := e.Run(t.Context(), planRows(t, store, s, rows(3))); err != nil {
			t.Fatal(err)
		}
		want := map[string][]engine.What{}
		for _, key := range rows(3) {
			want[key] = []engine.What{engine.Planned, engine.Intended, engine.Submitted, engine.Succeeded}
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

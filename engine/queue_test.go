package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQueueIsAList holds the queue to a plain list, move by move.
func TestQueueIsAList(t *testing.T) {
	var list []Ready
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		list = append(list, Ready{Key: key})
	}
	q := newQueue(list)
	back := func(key string) func() {
		return func() { q.putBack(Ready{Key: key}); list = slices.Insert(list, 0, Ready{Key: key}) }
	}
	take := func(i int) func() {
		return func() { q.take(i); list = slices.Delete(list, i, i+1) }
	}
	drop := func(key string) func() {
		return func() {
			q.drop(key)
			list = slices.DeleteFunc(list, func(row Ready) bool { return row.Key == key })
		}
	}
	moves := []func(){back("new"), take(0), take(2), take(0), back("a"), back("x"), drop("e"), drop("nobody"), take(1), take(0), take(0), take(0), back("last")}
	for n, move := range moves {
		move()
		var have []Ready
		for i := range q.Len() {
			have = append(have, q.at(i))
		}
		if diff := cmp.Diff(list, have); diff != "" {
			t.Fatalf("after move %d (-list +queue):\n%s", n+1, diff)
		}
	}
}

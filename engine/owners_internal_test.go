package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// TestOwnersAreThoseOfAMap compares the table with a map, for identities that crowd one
// shard and its end, and such that are anywhere.
func TestOwnersAreThoseOfAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		crowded := rapid.Custom(func(t *rapid.T) identity { return ^identity(rapid.Uint8().Draw(t, "near")) })
		one := rapid.OneOf(crowded, rapid.Custom(func(t *rapid.T) identity { return identity(rapid.Uint64().Draw(t, "any")) }))
		var table owners
		byMap := map[identity]owner{}
		for row := 1; row <= rapid.IntRange(1, 400).Draw(t, "rows"); row++ {
			id, key := one.Draw(t, "identity"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			table.await([]checked{{identity: id}})
			if got := table.owner(id); got != int(byMap[id].row) {
				t.Fatalf("row %d: %d owns %x, want %d", row, got, id, byMap[id].row)
			}
			first, same := table.claim(id, key, row)
			had, taken := byMap[id]
			if first != int(had.row) || same != (taken && had.key == uint32(identityOf(key))) {
				t.Fatalf("row %d: claimed by %d, %v; want %+v", row, first, same, had)
			}
			if !taken {
				byMap[id] = owner{id: id, row: uint32(row), key: uint32(identityOf(key))}
			}
		}
	})
}

// TestOwnersOfManyRowsAreCompact: a million rows take less than 32 bytes each.
func TestOwnersOfManyRowsAreCompact(t *testing.T) {
	const rows = 200_000
	var table owners
	for row := 1; row <= rows; row++ {
		table.claim(identity(row)*0x9e3779b97f4a7c15, "", row)
	}
	places := 0
	for i := range table.shards {
		places += len(table.shards[i].entries)
	}
	if places > 2*rows {
		t.Errorf("%d rows take %d places", rows, places)
	}
}

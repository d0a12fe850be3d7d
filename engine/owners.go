package engine

import (
	"hash"
	"hash/maphash"

	"github.com/reelmerge/reelmerge/providers"
)

// identity stands for a text in memory: two hashes with secret seeds, so that a
// million texts stay small, and a sheet cannot be crafted to make two of them look
// alike. It means nothing outside this process; the ledger keeps a [ledger.Fingerprint].
type identity [2]uint64

// seeds are those of the identities.
var seeds = [len(identity{})]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func identityOf(text string) (id identity) {
	for i, seed := range seeds {
		id[i] = maphash.String(seed, text)
	}
	return id
}

// identityOfVideo tells requests of one operation apart by the video that they would
// make, and by what it goes on with.
func identityOfVideo(r providers.Request, before func(hash.Hash)) (id identity) {
	for i, seed := range seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		writeContent(&h, r.Body, r.Media)
		before(&h)
		id[i] = h.Sum64()
	}
	return id
}

// owners remembers which row was the first to have an identity: of a name, of a
// content.
type owners map[identity]owner

// owner is a row with the hash of the name under which it has the text.
type owner struct {
	row int32
	key uint32
}

// owner returns the row that has a text; 0 when none has.
func (o owners) owner(id identity) int { return int(o[id].row) }

// claim notes that a row has a text under a key, or returns the row that had it
// before, and whether that has the same key.
func (o owners) claim(id identity, key string, row int) (first int, same bool) {
	mine := owner{int32(row), uint32(maphash.String(seeds[0], key))}
	if had, taken := o[id]; taken {
		return int(had.row), had.key == mine.key
	}
	o[id] = mine
	return 0, false
}

package engine

import (
	"hash"
	"hash/maphash"
	"math/bits"

	"github.com/reelmerge/reelmerge/providers"
)

// identity stands for a text in memory: a hash with a secret seed, so that a million texts
// stay small, and a sheet cannot be crafted to make two of them look alike. In one plan of
// a million rows out of forty million, two texts share one by chance, and a row is refused
// or warned of. It means nothing outside this process; the ledger keeps a
// [ledger.Fingerprint].
type identity uint64

// seed is that of the identities.
var seed = maphash.MakeSeed()

func identityOf(text string) identity { return identity(maphash.String(seed, text)) }

// identityOfVideo tells requests of one operation apart by the video that they would
// make, and by what it goes on with.
func identityOfVideo(r providers.Request, before func(hash.Hash)) identity {
	var h maphash.Hash
	h.SetSeed(seed)
	writeContent(&h, r.Body, r.Media)
	before(&h)
	return identity(h.Sum64())
}

// owners remembers which row was the first to have an identity: of a name, of a
// content. It is a hash table of entries of 16 bytes, in shards that grow one after
// another: a map of a million rows takes twice the memory, and while a single table grows
// it is there twice.
type owners struct {
	shards  [1 << shardBits]shard
	awaited uint32 // see await
}

const shardBits = 8

// shard has the entries whose identities begin with the same bits. An entry stands at the
// place that its identity has in proportion to all identities, or in the first free place
// behind it. So the order of the entries is that of their identities, and a shard grows by
// going through it once.
type shard struct {
	entries []owner
	used    int
}

// owner is a row with the hash of the key under which it has the text.
type owner struct {
	id  identity
	row uint32 // 0 in a place that is free
	key uint32
}

// await reads the places of rows that will be claimed next. Each place is somewhere else in
// memory, which takes long to answer and can be asked many things at a time. One row after
// another, a claim would wait for it.
func (o *owners) await(rows []checked) {
	for i := range rows {
		id := rows[i].identity
		if s := &o.shards[id>>(64-shardBits)]; s.used > 0 {
			o.awaited += s.entries[s.home(id)].row // or else the compiler leaves the reading out
		}
	}
}

// owner returns the row that has a text; 0 when none has.
func (o *owners) owner(id identity) int {
	s := &o.shards[id>>(64-shardBits)]
	if s.used == 0 {
		return 0
	}
	return int(s.place(id).row)
}

// claim notes that a row has a text under a key, or returns the row that had it
// before, and whether that has the same key.
func (o *owners) claim(id identity, key string, row int) (first int, same bool) {
	s := &o.shards[id>>(64-shardBits)]
	if s.used*5 >= len(s.entries)*4 {
		s.grow()
	}
	mine := owner{id: id, row: uint32(row), key: uint32(identityOf(key))}
	had := s.place(id)
	if had.row != 0 {
		return int(had.row), had.key == mine.key
	}
	*had = mine
	s.used++
	return 0, false
}

// home is the first place at which an identity may stand.
func (s *shard) home(id identity) uint64 {
	at, _ := bits.Mul64(uint64(id)<<shardBits, uint64(len(s.entries)))
	return at
}

// place returns the entry of an identity, or the free place for it.
func (s *shard) place(id identity) *owner {
	at := s.home(id)
	for {
		e := &s.entries[at]
		if e.row == 0 || e.id == id {
			return e
		}
		if at++; at == uint64(len(s.entries)) {
			at = 0
		}
	}
}

// grow makes room for a quarter more, and no less than a few.
func (s *shard) grow() {
	old := s.entries
	s.entries = make([]owner, max(16, len(old)*5/4))
	for _, e := range old {
		if e.row != 0 {
			*s.place(e.id) = e
		}
	}
}

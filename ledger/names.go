package ledger

import (
	"context"
	"fmt"
	"hash/maphash"

	"github.com/reelmerge/reelmerge/internal/safename"
)

// Names maps file names to the entries that they belong to, over all entries of a ledger.
// Two names that some file system takes for one are one. It keeps hashes in place of
// texts, so that a million names stay small; their seeds are secret, so that two names
// cannot be made to look alike.
type Names struct {
	seeds  [2]maphash.Seed
	owners map[[2]uint64]uint64 // name → key
}

// several stands for the keys of a name that more than one entry has, which only
// ledgers of the first edition know.
const several = 0

// NewNames returns the names of no entry.
func NewNames() *Names {
	return &Names{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, owners: map[[2]uint64]uint64{}}
}

// NamesOf reads the names of all entries: those that they are to have, and those
// of the files that were fetched for them.
func NamesOf(ctx context.Context, s Store) (*Names, error) {
	n := NewNames()
	for e, err := range s.Entries(ctx, Query{}) {
		if err != nil {
			return nil, fmt.Errorf("read the names of files: %w", err)
		}
		n.Add(e)
	}
	return n, nil
}

// Add notes the names of an entry.
func (n *Names) Add(e Entry) {
	n.note(e.File, e.Key)
	for _, f := range e.Files() {
		n.note(f.File, e.Key)
	}
}

func (n *Names) note(file, key string) {
	if file != "" && !n.Claim(file, key) {
		n.owners[n.identity(file)] = several
	}
}

// Free reports whether an entry may have a name: it may not when it belongs to
// another one.
func (n *Names) Free(file, key string) bool {
	if len(n.owners) == 0 {
		return true // a plan without a ledger asks for each row
	}
	owner, taken := n.owners[n.identity(file)]
	return !taken || owner == n.key(key)
}

// Claim makes a name an entry's if it is free.
func (n *Names) Claim(file, key string) bool {
	free := n.Free(file, key)
	if free {
		n.owners[n.identity(file)] = n.key(key)
	}
	return free
}

func (n *Names) identity(file string) (id [2]uint64) {
	folded := safename.Fold(file)
	for i, seed := range n.seeds {
		id[i] = maphash.String(seed, folded)
	}
	return id
}

func (n *Names) key(key string) uint64 { return max(several+1, maphash.String(n.seeds[0], key)) }

// Trusted returns the entry without the files that may hold the video of another row: only
// their name is known, and other entries have the same name.
func (n *Names) Trusted(e Entry) Entry {
	doubted := func(f Fetched) bool {
		return f.File != "" && !f.Proven() && n.owners[n.identity(f.File)] != n.key(e.Key)
	}
	if doubted(e.Fetched) {
		e.Fetched = Fetched{}
	}
	attempts := append([]Attempt(nil), e.Attempts...)
	for i := range attempts {
		if doubted(attempts[i].Fetched) {
			attempts[i].Fetched = Fetched{}
		}
	}
	e.Attempts = attempts
	return e
}

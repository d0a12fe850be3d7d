package engine

import (
	"maps"

	"github.com/reelmerge/reelmerge/ledger"
)

// doubts are the contents of which a row may have a job that nobody has found yet.
// Where a search goes by content, another row that is the same, or looks so to a
// search, waits: of two lost ones nobody could tell which is whose.
type doubts struct {
	content map[ledger.Fingerprint]string // with the key of the row that it is in doubt for
	alike   map[string]string             // the same, of what a search may take for it
}

// newDoubts returns none. Where no search goes by content, there never are any.
func newDoubts(byContent bool) doubts {
	if !byContent {
		return doubts{}
	}
	return doubts{content: map[ledger.Fingerprint]string{}, alike: map[string]string{}}
}

// about reports whether another row must wait for one of them to be cleared up.
func (d doubts) about(row Ready) bool {
	_, same := d.content[row.Fingerprint]
	_, alike := d.alike[row.Alike]
	return same || alike
}

// raise begins the doubt about a row's content.
func (d doubts) raise(row Ready) {
	if d.content == nil {
		return
	}
	d.content[row.Fingerprint] = row.Key
	if row.Alike != "" {
		d.alike[row.Alike] = row.Key
	}
}

// clear ends it, once the row's job is known, or known not to exist. News of another
// row of the same content, long submitted, clear up nothing.
func (d doubts) clear(row Ready) {
	if d.content[row.Fingerprint] == row.Key {
		delete(d.content, row.Fingerprint)
	}
	d.narrow(row)
}

// narrow leaves the very same content in doubt, and no longer what looks like it.
func (d doubts) narrow(row Ready) {
	if d.alike[row.Alike] == row.Key {
		delete(d.alike, row.Alike)
	}
}

// forget ends every doubt for a row, whatever its content is by now.
func (d doubts) forget(key string) {
	maps.DeleteFunc(d.content, func(_ ledger.Fingerprint, owner string) bool { return owner == key })
	maps.DeleteFunc(d.alike, func(_, owner string) bool { return owner == key })
}

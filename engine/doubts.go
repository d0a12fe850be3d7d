package engine

import (
	"maps"

	"github.com/reelmerge/reelmerge/ledger"
)

// doubts holds the contents of lost submits. Where a search goes by content, another
// row with the same content waits, also one that only looks the same to a search: if
// both were lost, a search could not tell whose job it has found.
type doubts struct {
	content map[ledger.Fingerprint]string // content → key of the row that may have a job
	alike   map[string]string             // a content that a search cannot tell from it → the same key
}

// newDoubts returns an empty set. It stays empty where no search goes by content.
func newDoubts(byContent bool) doubts {
	if !byContent {
		return doubts{}
	}
	return doubts{content: map[ledger.Fingerprint]string{}, alike: map[string]string{}}
}

// about reports whether a row must wait, because its content is in doubt for another.
func (d doubts) about(row Ready) bool {
	_, same := d.content[row.Fingerprint]
	_, alike := d.alike[row.Alike]
	return same || alike
}

// raise notes a row's content as in doubt. It is called before the request leaves, so
// that there is no instant at which a second row of the same content may follow it.
func (d doubts) raise(row Ready) {
	if d.content == nil {
		return
	}
	d.content[row.Fingerprint] = row.Key
	if row.Alike != "" {
		d.alike[row.Alike] = row.Key
	}
}

// clear ends the doubt about a row's content, once it is known whether the row has a
// job. The key is compared, because an answer about another row of the same content
// says nothing about this one.
func (d doubts) clear(row Ready) {
	if d.content[row.Fingerprint] == row.Key {
		delete(d.content, row.Fingerprint)
	}
	d.narrow(row)
}

// narrow keeps only rows of the very same content waiting. It is used when a person
// has to decide about the lost row: that may take days, and rows that merely look
// similar should not wait so long.
func (d doubts) narrow(row Ready) {
	if d.alike[row.Alike] == row.Key {
		delete(d.alike, row.Alike)
	}
}

// forget ends every doubt for a row. It goes by the key, because the entry may have
// been planned anew with another content since.
func (d doubts) forget(key string) {
	maps.DeleteFunc(d.content, func(_ ledger.Fingerprint, owner string) bool { return owner == key })
	maps.DeleteFunc(d.alike, func(_, owner string) bool { return owner == key })
}

package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// purgedPrefix begins every key that was purged.
const purgedPrefix = "purged-"

// PurgedKey returns the hash that replaces a key when its row is purged. The same key
// always gives the same hash in one ledger, so that the row is known again and not bought
// again, and another hash in another ledger. A reader of the ledger cannot see the key,
// but can still try a list of possible keys one by one. A purged key stays as it is.
func PurgedKey(ledgerID, key string) string {
	if IsPurgedKey(key) {
		return key
	}
	if hash, part := strings.CutPrefix(key, partPrefix); part { // it stays a part
		return partPrefix + PurgedKey(ledgerID, hash)
	}
	mac := hmac.New(sha256.New, []byte(ledgerID))
	mac.Write([]byte(key))
	return purgedPrefix + hex.EncodeToString(mac.Sum(nil)[:16])
}

// IsPurgedKey reports whether a key is what [PurgedKey] made of one.
func IsPurgedKey(key string) bool {
	digits, found := strings.CutPrefix(strings.TrimPrefix(key, partPrefix), purgedPrefix)
	raw, err := hex.DecodeString(digits)
	return found && err == nil && len(raw) == 16 && digits == strings.ToLower(digits)
}

// Forgotten returns a purged entry under the hash of its key, with those of its chain.
func (e Entry) Forgotten(ledgerID string) Entry {
	e.Key = PurgedKey(ledgerID, e.Key)
	if e.After != "" {
		e.After = PurgedKey(ledgerID, e.After)
	}
	return e
}

// Purged returns the record without the keys and reasons of rows that were
// purged: gone says which keys those are.
func (r Run) Purged(ledgerID string, gone func(key string) bool) Run {
	hide := func(keys []string) (hidden []string) {
		for _, key := range keys {
			if gone(key) {
				key = PurgedKey(ledgerID, key)
			}
			hidden = append(hidden, key)
		}
		return hidden
	}
	r.Changed, r.Removed = hide(r.Changed), hide(r.Removed)
	refused := r.Refused
	r.Refused = nil
	for _, row := range refused {
		if gone(row.Key) {
			row.Key, row.Reason = PurgedKey(ledgerID, row.Key), "purged"
		}
		r.Refused = append(r.Refused, row)
	}
	return r
}

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"

	"github.com/reelmerge/reelmerge/ledger"
)

// breaker counts failures that are alike. A template that the service refuses,
// or answers that keep getting lost, must not eat the whole sheet overnight.
// Submits and renderings are counted apart, since their ends interleave.
type breaker struct {
	at int
	Streaks
	varying *regexp.Regexp // what differs from row to row: ids, numbers, quoted values
}

// streak is a series of like failures without a success between.
type streak struct {
	Print string `json:"print"` // hash of the reason
	Count int    `json:"count"`
}

// Streaks are the failures alike that a run ended with. The next one goes on counting, so
// that a restart costs no more rows.
type Streaks struct {
	Submits streak `json:"submits,omitzero"`
	Renders streak `json:"renders,omitzero"`
}

func newBreaker(at int) breaker {
	return breaker{at: at, varying: regexp.MustCompile(`"[^"]*"|'[^']*'|[0-9a-fA-F-]*[0-9][0-9a-fA-F-]*`)}
}

// note counts the event of one row, and returns the reason of a failure that has come too
// often in a row; it is empty while there is none.
func (b *breaker) note(d Done) string {
	kind := d.Event.Kind
	reason := d.Event.Reason
	if kind == ledger.Submit || kind == ledger.Succeed {
		b.Submits = streak{}
	}
	if kind == ledger.Succeed {
		b.Renders = streak{}
	}
	if kind == ledger.Reject || kind == ledger.Lose {
		return b.count(&b.Submits, reason)
	}
	if kind == ledger.Fail {
		return b.count(&b.Renders, reason)
	}
	return ""
}

// count compares a failure with the last one. Ids, numbers and quoted values are masked,
// because the same mistake of a template names another value for each row.
func (b *breaker) count(s *streak, reason string) string {
	if reason == "" {
		reason = "no reason given"
	}
	sum := sha256.Sum256(b.varying.ReplaceAll([]byte(reason), []byte("#")))
	if print := hex.EncodeToString(sum[:8]); print != s.Print {
		*s = streak{Print: print}
	}
	if s.Count++; s.Count < b.at {
		return ""
	}
	return reason
}

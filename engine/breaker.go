package engine

import (
	"regexp"

	"github.com/reelmerge/reelmerge/ledger"
)

// breaker counts failures that are alike. A template that the service refuses,
// or answers that keep getting lost, must not eat the whole sheet overnight.
// Submits and renderings are counted apart, since their ends interleave.
type breaker struct {
	at      int
	submits streak
	renders streak
	varying *regexp.Regexp // what differs from row to row: ids, numbers, quoted values
}

// streak is a series of like failures without a success between.
type streak struct {
	print string
	count int
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
		b.submits = streak{}
	}
	if kind == ledger.Succeed {
		b.renders = streak{}
	}
	if kind == ledger.Reject || kind == ledger.Lose {
		return b.count(&b.submits, reason)
	}
	if kind == ledger.Fail {
		return b.count(&b.renders, reason)
	}
	return ""
}

// count compares a failure with the last one. Ids, numbers and quoted values are masked,
// because the same mistake of a template names another value for each row.
func (b *breaker) count(s *streak, reason string) string {
	if reason == "" {
		reason = "no reason given"
	}
	if print := b.varying.ReplaceAllString(reason, "#"); print != s.print {
		*s = streak{print: print}
	}
	if s.count++; s.count < b.at {
		return ""
	}
	return reason
}

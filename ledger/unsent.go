package ledger

import "slices"

// NothingMade reports whether it is certain that no job was ever created for the entry: it
// has no ticket and no charge, and no answer to one of its requests was lost. A story that
// is full has lost its middle, and proves nothing.
func (e Entry) NothingMade() bool {
	switch {
	case e.State != Planned && e.State != Failed && e.State != Cancelled:
		return false
	case len(e.Tickets()) > 0 || e.Purged || len(e.History) >= moments:
		return false
	}
	for _, b := range e.Balances() {
		if b.Money.Charged != 0 {
			return false
		}
	}
	return !slices.ContainsFunc(e.History, func(m Moment) bool { return m.Kind == Lose })
}

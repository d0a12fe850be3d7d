package reelmerge

import (
	"context"
	"slices"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// chooseParts adds the parts that no row needs any more once the chosen ones are forgotten. A
// part that another row goes on with stays: its job may be needed for that row.
func (p *purging) chooseParts(ctx context.Context) error {
	chosen := map[string]bool{}
	for _, e := range p.chosen {
		chosen[e.Key] = true
	}
	parts := map[string]ledger.Entry{}
	var stay, leave []string // what comes before rows that stay, and before those that go
	for e, err := range p.store.Entries(ctx, ledger.Query{}) {
		switch {
		case err != nil:
			return ledgerFailure(err)
		case e.IsPart():
			e.History, e.Attempts = nil, nil
			parts[e.Key] = e
		case chosen[e.Key]:
			leave = append(leave, e.Follows()...)
		case !e.Purged:
			stay = append(stay, e.Follows()...)
		}
	}
	needed, freed := before(stay, parts), before(leave, parts)
	p.chosen = slices.DeleteFunc(p.chosen, ledger.Entry.IsPart) // without a choice of rows, all entries were chosen
	for key, e := range parts {
		if needed[key] || len(p.options.Rows) > 0 && !freed[key] || e.Purged || e.State.Open() {
			continue
		}
		p.parts++
		p.chosen = append(p.chosen, e)
	}
	return nil
}

// before collects what comes before entries, directly or through other parts.
func before(keys []string, parts map[string]ledger.Entry) map[string]bool {
	all := map[string]bool{}
	for len(keys) > 0 {
		key := keys[0]
		if keys = keys[1:]; !all[key] {
			all[key] = true
			keys = append(keys, parts[key].Follows()...)
		}
	}
	return all
}

// said is how many rows will be forgotten, and with how many of their steps.
func (p *purging) said() string {
	text := wording.Plural(len(p.chosen)-p.parts, "row")
	if p.parts > 0 {
		text += " and " + wording.Plural(p.parts, "job") + " of steps that no other row needs"
	}
	return text
}

package reelmerge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/approval"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// agreement holds a run to the plan that a person has seen: rows, contents, prices and
// highest cost. The digest is made in the very pass that plans the run, so that no change of
// the sheet can come in between.
type agreement struct {
	campaign *Campaign
	purse    *purse // of all rows, approved or not, as a plan shows them
	books    map[credit.Account]ledger.Money
	pairs    pairing
}

// pairing gathers the pairs of a digest: of each row that would be sent, and once of each
// part that would be sent for rows.
type pairing struct {
	list  []approval.Pair
	rows  int
	parts map[string]bool // the keys of those in the list
}

// take adds a row, if it would be sent.
func (p *pairing) take(v engine.Visited) {
	if v.Action != engine.ActionSubmit {
		return
	}
	for _, part := range v.Parts {
		if p.parts[part.Key] {
			continue
		}
		if p.parts == nil {
			p.parts = map[string]bool{}
		}
		p.parts[part.Key] = true
		p.list = append(p.list, pairOf(part.Key, part.Content.Fingerprint))
	}
	p.rows++
	p.list = append(p.list, pairOf(v.Key, v.Content.Fingerprint))
}

// vetPlan refuses a plan that cannot be compared.
func (o RunOptions) vetPlan() error {
	if o.Plan != "" && (o.Limit > 0 || o.Only != nil) {
		return fail(Usage, errors.New("a plan is agreed to with all of its rows, and not with some of them"), "leave the choice of rows out")
	}
	return nil
}

// agreeing begins to compare this run with the plan that was agreed to; nil without one.
func (r *running) agreeing(books map[credit.Account]ledger.Money) *agreement {
	if r.chosen.Plan == "" {
		return nil
	}
	return &agreement{campaign: r.campaign, purse: r.campaign.newPurse(0), books: books}
}

// take notes a row that would be sent.
func (a *agreement) take(v engine.Visited) {
	if a == nil {
		return
	}
	a.purse.take(&v, a.books)
	a.pairs.take(v)
}

// holds refuses to go on where the plan is another one than was agreed to.
func (a *agreement) holds(digest string) error {
	if a == nil || approval.Digest(a.campaign.asks(a.purse, a.books), a.pairs.list) == digest {
		return nil
	}
	return fail(Undecided, fmt.Errorf("the plan is another one by now, with %s to send", wording.Plural(a.pairs.rows, "row")),
		"nothing was sent; look at the plan again", next("plan"))
}

// Difference is what changed between two plans of a campaign.
type Difference struct {
	New, Changed, Gone int      // rows to send
	Rows               []string // keys of some of them
	Conditions         bool     // another service, address or mode, or other prices
	Costs              []CapChange
}

// CapChange is a highest cost that changed, with what was charged and set aside before; an
// amount that is not known is nil.
type CapChange struct {
	Account  credit.Account
	Was, Now *credit.Amount
}

// Since says what is different from an earlier plan. Both must have a digest. A step that
// changed is told by the rows that come after it.
func (p *Plan) Since(earlier *Plan) (d Difference) {
	isPart := func(pair approval.Pair) bool { return ledger.IsPart(pair.Key) }
	before, now := slices.DeleteFunc(slices.Clone(earlier.pairs), isPart), slices.DeleteFunc(slices.Clone(p.pairs), isPart)
	was := map[string]string{}
	for _, pair := range before {
		was[pair.Key] = pair.Fingerprint
	}
	for _, pair := range now {
		fingerprint, there := was[pair.Key]
		delete(was, pair.Key)
		switch {
		case !there:
			d.New++
		case fingerprint != pair.Fingerprint:
			d.Changed++
		default:
			continue
		}
		d.name(pair.Key)
	}
	d.Gone = len(was)
	for _, pair := range before {
		if _, gone := was[pair.Key]; gone {
			d.name(pair.Key)
		}
	}
	d.Conditions = p.terms.Conditions != earlier.terms.Conditions
	d.Costs = capChanges(earlier.terms.Caps, p.terms.Caps)
	return d
}

// name keeps the key of a row that is different, of the first ones.
func (d *Difference) name(key string) {
	if len(d.Rows) < namedRows {
		d.Rows = append(d.Rows, key)
	}
}

// String says the difference: "2 rows are new (C-7, C-9); at most 12 minutes instead of 10".
func (d Difference) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{d.New, "new"}, {d.Changed, "changed"}, {d.Gone, "not to be sent any more"}} {
		if c.n > 0 {
			parts = append(parts, wording.Plural(c.n, "row")+" "+c.what)
		}
	}
	if len(d.Rows) > 0 {
		parts[len(parts)-1] += ", such as " + strings.Join(d.Rows, ", ")
	}
	if d.Conditions {
		parts = append(parts, "other prices, or another service")
	}
	for _, c := range d.Costs {
		parts = append(parts, fmt.Sprintf("at most %s instead of %s, with what was charged before", c.written(c.Now), c.written(c.Was)))
	}
	return strings.Join(parts, "; ")
}

func (c CapChange) written(most *credit.Amount) string {
	if most == nil {
		return "an amount that is not known"
	}
	return most.Up().In(c.Account.Unit)
}

// capChanges lists the highest costs that differ.
func capChanges(was, now []approval.Cap) (list []CapChange) {
	before := map[credit.Account]*credit.Amount{}
	for _, c := range was {
		before[c.Account] = c.Most
	}
	after := map[credit.Account]*credit.Amount{}
	for _, c := range now {
		after[c.Account] = c.Most
		if old := before[c.Account]; (old == nil) != (c.Most == nil) || old != nil && *old != *c.Most {
			list = append(list, CapChange{c.Account, old, c.Most})
		}
	}
	for _, c := range was {
		if _, there := after[c.Account]; !there {
			zero := credit.Amount(0)
			list = append(list, CapChange{c.Account, c.Most, &zero})
		}
	}
	return list
}

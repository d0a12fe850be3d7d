package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/sources"
)

type column = sources.Column

// settle decides what a run does with a valid row: the table "When is a row
// bought again?" in code.
func (g *gatherer) settle(c *checked) Action {
	k := g.known[c.entry]
	if k == nil {
		g.plan.New++
		return g.send(c, &known{}, "")
	}
	changed := c.content.Fingerprint != k.content.Fingerprint && !k.content.Fingerprint.IsZero() // of a purged row nobody knows
	switch k.state {
	case ledger.Planned:
		return g.send(c, k, "")
	case ledger.Failed:
		if changed {
			return g.send(c, k, "")
		}
		return g.retry(c, k)
	case ledger.Cancelled:
		return g.retry(c, k)
	case ledger.Intended, ledger.Submitted, ledger.Unsure, ledger.Succeeded:
		if changed && c.content.Fingerprint != k.kept {
			return g.changed(c, k)
		}
		g.lost(c, k)
	}
	return g.untouched(k)
}

// lost notes a row that may be sent again as it is, should it turn out that its
// request created nothing. A row that changed is planned anew first.
func (g *gatherer) lost(c *checked, k *known) {
	doubtful := k.state == ledger.Intended || k.state == ledger.Unsure
	if doubtful && c.content.Fingerprint == k.content.Fingerprint && g.selected(c.key) {
		g.plan.Lost[c.entry] = true
	}
}

// retry plans a settled row again when a person says so.
func (g *gatherer) retry(c *checked, k *known) Action {
	if g.Retry != nil && g.Retry(Past{c.key, k.state, k.reason}) {
		g.plan.Retried++
		return g.send(c, k, ledger.ByPerson)
	}
	return g.untouched(k)
}

// untouched is what a run does with a row that it leaves as it is. While another run
// goes on, what is intended is on its way.
func (g *gatherer) untouched(k *known) Action {
	switch k.state {
	case ledger.Succeeded:
		return ActionDone
	case ledger.Submitted:
		return ActionInFlight
	case ledger.Failed:
		return ActionFailed
	case ledger.Cancelled:
		return ActionCancelled
	case ledger.Planned:
		return ActionLater
	case ledger.Intended:
		if g.Going {
			return ActionInFlight
		}
	case ledger.Unsure:
	}
	return ActionUnsure
}

// changed treats a row that is bought, or may be, and no longer says what was
// bought. Only a person decides; jobs in flight are settled as they were sent.
func (g *gatherer) changed(c *checked, k *known) Action {
	switch {
	case g.Changed == RedoChanged && k.state == ledger.Succeeded:
		return g.send(c, k, ledger.ByPerson)
	case g.Changed == KeepChanged && k.state != ledger.Intended:
		g.record(ledger.Change{Key: c.entry, Version: k.version, Event: ledger.Event{
			Kind: ledger.Keep, At: time.Now(), By: ledger.ByPerson, Keep: c.content.Fingerprint,
		}})
		return g.untouched(k)
	}
	g.plan.Run.Changed = append(g.plan.Run.Changed, c.entry)
	return ActionChanged
}

// send makes a row ready.
func (g *gatherer) send(c *checked, k *known, by ledger.By) Action {
	g.nameFile(c, k)
	action := ActionLater
	if g.selected(c.key) {
		action = ActionSubmit
		g.ready(c)
		book(g.plan.Cost, &c.content)
		g.details.add(c)
	}
	g.planned(c, k, by)
	return action
}

// planned records a row's plan where it is not yet.
func (g *gatherer) planned(c *checked, k *known, by ledger.By) {
	if g.Record == nil {
		return
	}
	attempt := k.attempts
	if k.state.Settled() {
		attempt++ // the settled attempt is archived by the plan
	}
	c.content.Reference = reference(g.id, c.entry, attempt)
	if k.state == ledger.Planned && sameContent(c.content, k.content) {
		return
	}
	g.record(ledger.Change{Key: c.entry, Version: k.version, Event: ledger.Event{
		Kind: ledger.Plan, At: g.plan.Run.Started, By: by, Content: c.content,
	}})
}

func (g *gatherer) selected(key string) bool { return g.Only == nil || g.Only[key] }

// sameContent compares what a plan says, but for the payload, whose fingerprint
// it has.
func sameContent(a, b ledger.Content) bool {
	a.Payload, a.Media, b.Payload, b.Media = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// book adds a row's estimate to what its account pays.
func book(sums map[credit.Account]*credit.Sum, c *ledger.Content) {
	sum := sums[c.Account]
	if sum == nil {
		sum = &credit.Sum{}
		sums[c.Account] = sum
	}
	sum.Add(c.Estimate)
}

// record collects changes, which are made durable many at a time.
func (g *gatherer) record(change ledger.Change) {
	if g.Record != nil {
		g.changes = append(g.changes, change)
	}
}

func (g *gatherer) flush(ctx context.Context) error {
	if len(g.changes) == 0 {
		return nil
	}
	if err := g.Record(ctx, g.changes...); err != nil {
		return fmt.Errorf("record planned rows: %w", err)
	}
	g.changes = g.changes[:0]
	return nil
}

// ready lists a row for the run; a plan that records nothing needs no list.
func (g *gatherer) ready(c *checked) {
	if g.Record != nil {
		g.plan.Ready = append(g.plan.Ready, Ready{c.entry, c.content.Fingerprint, c.alike})
	}
}

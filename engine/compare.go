package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/sources"
)

type column = sources.Column

// settle decides what a run does with a valid row. It is the table "When is a row
// bought again?" of the docs in code, and the only place where a row becomes one to pay.
func (g *gatherer) settle(c *checked) Action {
	was := g.remembered[c.entry]
	if was == nil {
		g.plan.New++
		return g.send(c, &g.unknown, "")
	}
	// A purged entry has no fingerprint, so a change of its row cannot be seen: it counts
	// as unchanged, because otherwise every purged row would be bought again.
	changed := c.own.content.Fingerprint != was.content.Fingerprint && !was.content.Fingerprint.IsZero()
	switch was.state {
	case ledger.Planned:
		return g.send(c, was, "")
	case ledger.Failed:
		if changed {
			return g.send(c, was, "")
		}
		return g.retry(c, was)
	case ledger.Cancelled:
		return g.retry(c, was)
	case ledger.Intended, ledger.Submitted, ledger.Unsure, ledger.Succeeded:
		if (changed || g.refilled(was)) && c.own.content.Fingerprint != was.kept {
			return g.changed(c, was)
		}
		g.noteSendable(c, was)
	}
	return g.untouched(was)
}

// refilled reports whether a row was made from a job that its part does not hold any more:
// the part was made again, or the job was another one's.
func (g *gatherer) refilled(was *rememberedRow) bool {
	for i, hole := range was.content.Fill {
		part := g.remembered[g.entryKey(hole.From)]
		if i < len(was.filled) && part != nil && part.job != was.filled[i].Job {
			return true
		}
	}
	return false
}

// noteSendable notes an unsure row that may be sent again as it is, if it is proven that
// its request created nothing. A row that has changed is left out: it would be sent with
// the old content, so it must be planned anew first.
func (g *gatherer) noteSendable(c *checked, was *rememberedRow) {
	doubtful := was.state == ledger.Intended || was.state == ledger.Unsure
	if doubtful && c.own.content.Fingerprint == was.content.Fingerprint && g.selected(c.key) {
		g.plan.Sendable[c.entry] = true
	}
}

// retry plans a failed or cancelled row again when a person has asked for it.
func (g *gatherer) retry(c *checked, was *rememberedRow) Action {
	if g.planner.Retry != nil && g.planner.Retry(Remembered{Key: c.key, State: was.state, Reason: was.reason}) {
		g.plan.Retried++
		return g.send(c, was, ledger.ByPerson)
	}
	return g.untouched(was)
}

// untouched returns the action of a row that the run leaves as it is. An intended row is
// on its way while another run goes on; otherwise its process has died and it is unsure.
func (g *gatherer) untouched(was *rememberedRow) Action {
	switch was.state {
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
		if g.planner.Going {
			return ActionInFlight
		}
	case ledger.Unsure:
	}
	return ActionUnsure
}

// changed decides about a row whose content has changed since it was sent. Only a person
// may buy it again or keep it, because a program cannot know which of the two was meant.
// Jobs in flight are settled as they were sent.
func (g *gatherer) changed(c *checked, was *rememberedRow) Action {
	switch {
	case !g.selected(c.key): // another row is decided
	case g.planner.Changed == RedoChanged && was.state == ledger.Succeeded:
		return g.send(c, was, ledger.ByPerson)
	case g.planner.Changed == KeepChanged && was.state != ledger.Intended:
		g.record(ledger.Change{Key: c.entry, Version: was.version, Event: ledger.Event{
			Kind: ledger.Keep, At: time.Now(), By: ledger.ByPerson, Keep: c.own.content.Fingerprint,
		}})
		return g.untouched(was)
	}
	g.plan.Run.Changed = append(g.plan.Run.Changed, c.entry)
	return ActionChanged
}

// send makes a row ready for the run and counts its cost. A valid row that this run was
// not asked to send is planned as well, so that a later run finds it.
func (g *gatherer) send(c *checked, was *rememberedRow, by ledger.By) Action {
	g.nameFile(c, was)
	action := ActionLater
	if g.selected(c.key) {
		action = g.submit(c)
	}
	g.planEntry(c.entry, &c.own.content, was, by)
	return action
}

// submit lists a row for the run, with its cost, once nothing keeps its parts from being
// made.
func (g *gatherer) submit(c *checked) Action {
	if c.wait = g.need(g.linked); c.wait != nil {
		return ActionWaits
	}
	g.ready(c)
	g.toPay.add(c.own.content.Account, &c.own.expected)
	g.count(c, g.linked)
	g.details.add(c)
	return ActionSubmit
}

// planEntry records the plan of an entry, unless the ledger already has the same one:
// planning an unchanged sheet again writes nothing.
func (g *gatherer) planEntry(key string, content *ledger.Content, was *rememberedRow, by ledger.By) {
	if g.planner.Record == nil {
		return
	}
	attempt := was.attempts
	if was.state.Settled() {
		attempt++ // the settled attempt is archived by the plan
	}
	// Each attempt has a reference of its own, so that a late callback about an earlier
	// one is not taken for news of this one.
	content.Reference = reference(g.id, key, attempt)
	if was.state == ledger.Planned && sameContent(*content, was.content) {
		return
	}
	g.record(ledger.Change{Key: key, Version: was.version, Event: ledger.Event{
		Kind: ledger.Plan, At: g.plan.Run.Started, By: by, Content: *content,
	}})
}

func (g *gatherer) selected(key string) bool { return g.planner.Only == nil || g.planner.Only[key] }

// sameContent compares two plans. Payload and media are left out, because the
// fingerprint stands for both and the remembered content has neither.
func sameContent(a, b ledger.Content) bool {
	a.Payload, a.Media = nil, nil
	b.Payload, b.Media = nil, nil
	return reflect.DeepEqual(a, b)
}

// addCost adds what a row is expected to cost to the sum of its account. Accounts are never added
// together (L10).
func addCost(sums map[credit.Account]*credit.Sum, a credit.Account, e *learn.Expected) {
	sum := sums[a]
	if sum == nil {
		sum = &credit.Sum{}
		sums[a] = sum
	}
	sum.AddOfMany(e.Cost, e.Mean)
}

// bill adds costs up like [addCost]. It remembers the account of the last row, because
// nearly all rows have the same.
type bill struct {
	sums    map[credit.Account]*credit.Sum
	account credit.Account
	sum     *credit.Sum // of the account; nil before the first row
}

func (b *bill) add(a credit.Account, e *learn.Expected) {
	if b.sum != nil && a == b.account {
		b.sum.AddOfMany(e.Cost, e.Mean)
		return
	}
	addCost(b.sums, a, e)
	b.account, b.sum = a, b.sums[a]
}

// record collects changes for flush: one sync of the disk for hundreds of rows.
func (g *gatherer) record(change ledger.Change) {
	if g.planner.Record != nil {
		g.changes = append(g.changes, change)
	}
}

// flush makes the collected changes durable. A crash between two flushes loses nothing
// that was paid: these rows are only planned, and the next run plans them again.
func (g *gatherer) flush(ctx context.Context) error {
	if len(g.changes) == 0 {
		return nil
	}
	if err := g.planner.Record(ctx, g.changes...); err != nil {
		return fmt.Errorf("record planned rows: %w", err)
	}
	g.changes = g.changes[:0]
	return nil
}

// ready lists a row for the run; a plan that records nothing needs no list.
func (g *gatherer) ready(c *checked) {
	if g.planner.Record != nil {
		g.plan.Ready = append(g.plan.Ready, Ready{Key: c.entry, Fingerprint: c.own.content.Fingerprint, Alike: c.own.alike, After: c.own.content.Follows()})
	}
}

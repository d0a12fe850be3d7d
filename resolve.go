package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/report"
)

// Choice is a person's decision about a row whose outcome is not known.
type Choice string

// The choices.
const (
	Adopt        Choice = "adopt"         // it was made: its job has the ticket
	NotSubmitted Choice = "not-submitted" // no job was made: the next run sends the row
	Resend       Choice = "resend"        // the same request is sent again at once, under its key: it is one job
	Resubmit     Choice = "resubmit"      // the next run sends it again, although it may then be paid twice
	Disown       Choice = "disown"        // the adopted job belongs to another row: the outcome is not known again
)

// Decision is a person's decision about a row.
type Decision struct {
	Key    string
	Row    int    // the row's number, if there is no key
	Part   string // what people call a part, if it is none of a row
	Choice Choice
	Ticket string // of the job that is adopted

	operation string // of a part
}

// who names the row or the part that is decided.
func (d Decision) who() string {
	if d.Part != "" {
		return fmt.Sprintf("the step %q", d.Part)
	}
	return fmt.Sprintf("row %q", d.Key)
}

func (d Decision) adopts() bool { return d.Choice == Adopt && d.Ticket != "" }

func (d Decision) resends() bool { return d.Choice == Resend }

// asks reports whether the decision needs the service.
func (d Decision) asks() bool { return d.adopts() || d.resends() }

// event returns the event that the ledger records for a decision. It says that a person
// decided: the ledger allows some moves to persons only.
func (d Decision) event(now time.Time) (ledger.Event, error) {
	event := ledger.Event{At: now, By: ledger.ByPerson}
	switch d.Choice {
	case Adopt:
		if d.Ticket == "" {
			return event, fmt.Errorf("row %q: adopt needs the id of its job", d.Key)
		}
		event.Kind = ledger.Adopt
		event.Ticket = job.Ticket{Job: strings.TrimSpace(d.Ticket)}
	case NotSubmitted:
		event.Kind = ledger.Unsend
		event.Reason = "a person found that it was not made"
	case Resubmit:
		event.Kind = ledger.Repeat
		event.Reason = "a person had it sent again"
	case Resend:
		event.Kind = ledger.Resend
	case Disown:
		event.Kind = ledger.Disown
		event.Reason = "the job that was adopted is another row's"
	default:
		return event, fmt.Errorf("row %q: %q is no decision: want adopt, not-submitted, resend, resubmit or disown", d.Key, d.Choice)
	}
	return event, nil
}

// Resolve records decisions about rows whose outcome is not known, all or none. The
// service is asked first for each job that is to be adopted, which costs nothing. Requests
// that are to be sent again under their keys leave at the end, one after another.
func (c *Campaign) Resolve(ctx context.Context, decisions ...Decision) error {
	config, err := c.accessFor(decisions)
	if err != nil {
		return err
	}
	store, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	// Row numbers are translated while the ledger is held, so they mean the rows that it
	// has now.
	if decisions, err = c.withKeys(ctx, store, decisions); err != nil {
		return err
	}
	var service *client
	if config != nil {
		if service, err = c.connectOpen(ctx, store, *config); err != nil {
			return err
		}
		defer service.close()
		if err := c.confirmTickets(ctx, service, decisions); err != nil {
			return err
		}
	}
	wire, err := wireOf(ctx, store)
	if err != nil {
		return err
	}
	changes, err := c.decided(ctx, store, wire, decisions)
	if err != nil {
		return err
	}
	spender, done, err := c.spender(ctx, store, decisions)
	if err != nil {
		return err
	}
	defer done()
	// From here on an interrupt must not come between the deletion of a video and the record
	// of the decision.
	whole := context.WithoutCancel(ctx)
	if err := c.removeDisowned(whole, store, decisions); err != nil {
		return err
	}
	if _, err := store.Apply(whole, changes...); err != nil {
		// The ledger has refused the changes and is still good.
		if ledger.Sound(err) && !errors.Is(err, ledger.ErrConflict) {
			return fail(Usage, err, "nothing was recorded")
		}
		return ledgerFailure(err)
	}
	return c.resend(ctx, spender, service, decisions)
}

// spender is the ledger for decisions that send requests again: of one that several machines
// share, only the machine that drives it may.
func (c *Campaign) spender(ctx context.Context, store Store, decisions []Decision) (ledger.Store, func(), error) {
	if !slices.ContainsFunc(decisions, Decision.resends) {
		return store, func() {}, nil
	}
	return c.alone(ctx, store)
}

// accessFor returns the secrets for the service, if a decision adopts a job or sends a
// request again. Other decisions ask no service, and need no secrets.
func (c *Campaign) accessFor(decisions []Decision) (*providers.Config, error) {
	if !slices.ContainsFunc(decisions, Decision.asks) {
		return nil, nil
	}
	config, err := c.access()
	return &config, err
}

// decided returns the changes for decisions. One that is not possible ends all of them.
func (c *Campaign) decided(ctx context.Context, store ledger.Store, wire onTheWire, decisions []Decision) (all []ledger.Change, _ error) {
	for _, d := range decisions {
		changes, err := d.changes(ctx, store, wire)
		if known, is := errors.AsType[*Error](err); is {
			known.Hint += "; nothing was recorded"
			return nil, known
		}
		if errors.Is(err, ledger.ErrStopped) {
			return nil, ledgerFailure(err)
		}
		if err != nil {
			hint := c.Command("resolve") + " lists the rows that wait for a decision"
			if meant := almost(ctx, store, d.Key); meant != "" && meant != d.Key {
				hint = wording.DidYouMean(meant)
			}
			return nil, fail(Usage, err, hint+"; nothing was recorded")
		}
		all = append(all, changes...)
	}
	return all, nil
}

// changes returns the changes for the decision's row. An intended row of a ledger that this
// process has alone was being sent when its process died: its outcome is not known.
func (d Decision) changes(ctx context.Context, store ledger.Store, wire onTheWire) ([]ledger.Change, error) {
	event, err := d.event(time.Now())
	if err != nil {
		return nil, err
	}
	entry, err := ledger.Find(ctx, store, d.Key)
	switch {
	case err != nil:
		return nil, err
	case entry.Key == "":
		return nil, fmt.Errorf("the ledger has no row with the key %q", d.Key)
	case wire.refuses(d, entry) != nil:
		return nil, wire.refuses(d, entry)
	case event.Kind == ledger.Disown:
		return disowned(entry, event)
	case event.Kind == ledger.Resend:
		return resendable(entry, event.At)
	case entry.State == ledger.Intended:
		lost := engine.Lost(event.At)
		return []ledger.Change{
			{Key: entry.Key, Version: entry.Version, Event: lost},
			{Key: entry.Key, Version: entry.Version + 1, Event: event},
		}, nil
	case entry.State != ledger.Unsure:
		return nil, fmt.Errorf("%s is %s: there is nothing to decide", d.who(), report.StatusOf(&entry))
	}
	return []ledger.Change{{Key: entry.Key, Version: entry.Version, Event: event}}, nil
}

// confirmTickets asks the service for every job that is to be adopted. With a mistyped
// ticket the row would wait for a job that does not exist. If the service does not
// answer, the person's word counts.
func (c *Campaign) confirmTickets(ctx context.Context, client *client, decisions []Decision) error {
	for _, d := range decisions {
		if !d.adopts() {
			continue
		}
		err := c.knows(ctx, client, d.operation, strings.TrimSpace(d.Ticket))
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		// Only an answer that surely rules the job out refuses the decision.
		switch providers.KindOf(err) {
		case providers.NotFound, providers.Invalid:
			return fail(Usage, fmt.Errorf("%s: ask %s for job %q: %w", d.who(), c.service.Title, d.Ticket, err),
				"check the id of the job; nothing was recorded")
		case providers.Auth:
			return fail(Usage, fmt.Errorf("%s: ask %s for job %q: %w", d.who(), c.service.Title, d.Ticket, err),
				"the service refuses the token; nothing was recorded; "+tokenHint(c.service))
		case providers.Unknown, providers.NotSent, providers.Funds, providers.Busy, providers.Throttled,
			providers.Conflict, providers.Transient, providers.Contract:
			if err != nil {
				c.note("note: job %s could not be confirmed (%v); it is taken at your word", d.Ticket, err)
			}
		}
	}
	return nil
}

// knows asks the service for a job, a few times: one answer may be lost.
func (c *Campaign) knows(ctx context.Context, to *client, operation, id string) error {
	return patience.Attempts{Most: 3, Pause: 300 * time.Millisecond}.Do(ctx, func() error {
		call, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_, err := to.provider.Poll(call, cmp.Or(operation, c.template.Operation), job.Ticket{Job: id})
		return err
	}, func(error) (time.Duration, bool) { return 0, true })
}

// withKeys finds the keys of rows that are named by number. A number that several rows
// had is refused: the decision could hit the wrong one.
func (c *Campaign) withKeys(ctx context.Context, store ledger.Store, decisions []Decision) ([]Decision, error) {
	decisions = slices.Clone(decisions)
	for i, d := range decisions {
		if name, named := strings.CutPrefix(d.Key, partPrefix); named {
			if e, err := ledger.Find(ctx, store, d.Key); err == nil && e.Key == "" {
				d.Part = name // no row has this key
			}
		}
		if d.Part != "" {
			e, err := c.partNamed(ctx, store, d.Part)
			if err != nil {
				return nil, err
			}
			decisions[i].Key, decisions[i].Part, decisions[i].operation = e.Key, e.PartName(), e.Operation
			continue
		}
		if d.Key != "" || d.Row == 0 {
			continue
		}
		keys, err := keysInRow(ctx, store, d)
		switch {
		case err != nil:
			return nil, ledgerFailure(err)
		case len(keys) != 1:
			return nil, fail(Usage, fmt.Errorf("row %d: %s of that number can be decided so", d.Row, wording.Plural(len(keys), "row")),
				"reelmerge resolve lists the rows that wait, with their numbers; nothing was recorded")
		}
		decisions[i].Key = keys[0]
	}
	return decisions, nil
}

// keysInRow returns the keys of entries that had the row's number and fit the decision.
func keysInRow(ctx context.Context, store ledger.Store, d Decision) (keys []string, _ error) {
	query := ledger.Query{States: []ledger.State{ledger.Unsure, ledger.Intended}}
	if d.Choice == Disown {
		query = ledger.Query{}
	}
	for e, err := range store.Entries(ctx, query) {
		if err != nil {
			return nil, err
		}
		if e.Row == d.Row {
			keys = append(keys, e.Key)
		}
	}
	return keys, nil
}

// disowned returns the change that takes an adoption back.
func disowned(e ledger.Entry, event ledger.Event) ([]ledger.Change, error) {
	if e.Ticket.Job == "" {
		return nil, fmt.Errorf("row %q is %s: it has no job to take back", e.Key, report.StatusOf(&e))
	}
	event.Reason = fmt.Sprintf("the job %s that was adopted is another row's", e.Ticket.Job)
	if _, err := ledger.Next(e, event); err != nil {
		return nil, fmt.Errorf("row %q is %s: %w", e.Key, report.StatusOf(&e), err)
	}
	return []ledger.Change{{Key: e.Key, Version: e.Version, Event: event}}, nil
}

// removeDisowned deletes the downloaded videos of jobs that belong to other rows: under
// this row's name they would reach the wrong person. If the decision is not recorded
// after all, the next run downloads them again.
func (c *Campaign) removeDisowned(ctx context.Context, store ledger.Store, decisions []Decision) error {
	for _, d := range decisions {
		if d.Choice != Disown {
			continue
		}
		e, err := ledger.Find(ctx, store, d.Key)
		if err != nil {
			return ledgerFailure(err)
		}
		e.Attempts = nil // the files of earlier attempts stay
		if _, err := c.removeVideos(ctx, store, []ledger.Entry{e}); err != nil {
			return fail(Bug, err, "nothing was recorded; delete the video yourself, or make the folder writable")
		}
	}
	return nil
}

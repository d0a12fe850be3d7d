package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// cancelFlags choose what is stopped.
type cancelFlags struct {
	rows []string
	yes  bool
}

func (a *app) cancelCommand() *cobra.Command {
	var cf campaignFlags
	var f cancelFlags
	c := &cobra.Command{
		Use:     "cancel CAMPAIGN",
		Short:   "Stop jobs at the service, after saying what that means there",
		Example: "  reelmerge cancel campaign.yaml\n  reelmerge cancel campaign.yaml --row C00147 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.cancel(c.Context(), s, f)
		},
	}
	cf.register(c)
	c.Flags().StringArrayVar(&f.rows, "row", nil, "only the row with this `key`; may be repeated")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) cancel(ctx context.Context, s *setup, f cancelFlags) error {
	store, err := s.existingBooks(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := s.mustKnow(ctx, store, f.rows); err != nil {
		return err
	}
	config, err := a.access(s)
	if err != nil {
		return err
	}
	planned, running, err := f.choose(ctx, store)
	if err != nil {
		return err
	}
	if len(planned)+len(running) == 0 {
		fmt.Fprintln(a.out, "nothing to cancel")
		return nil
	}
	a.tellCancel(s, len(planned), len(running))
	if err := a.seek(ctx, consent{
		f.yes || s.isTest() && !a.interactive(), "cancelling cannot be taken back", "Cancel them?", "nothing was cancelled",
	}); err != nil {
		return err
	}
	client, err := a.connect(s, config)
	if err != nil {
		return err
	}
	defer client.close()
	return a.stop(ctx, stopping{s, store, client}, append(planned, running...))
}

// choose lists the entries that can be stopped.
func (f cancelFlags) choose(ctx context.Context, store ledger.Store) (planned, running []ledger.Entry, err error) {
	q := ledger.Query{Keys: f.rows, States: []ledger.State{ledger.Planned, ledger.Submitted}}
	for entry, err := range store.Entries(ctx, q) {
		switch {
		case err != nil:
			return nil, nil, ledgerFailure(err)
		case entry.State == ledger.Planned:
			planned = append(planned, entry)
		default:
			running = append(running, entry)
		}
	}
	return planned, running, nil
}

// tellCancel says what cancelling means at this service.
func (a *app) tellCancel(s *setup, planned, running int) {
	a.say("not sent yet: %s; cancelling costs nothing.", wording.Plural(planned, "row"))
	if running > 0 {
		a.say("being made: %s. %s", wording.Plural(running, "video"), cmp.Or(s.checker.Traits().CancelMeans, "This service cannot stop a job; what is running goes on."))
	}
}

// stopping is what stopping a job takes.
type stopping struct {
	setup  *setup
	store  ledger.Store
	client *client
}

func (a *app) stop(ctx context.Context, st stopping, entries []ledger.Entry) error {
	stopped, refused := 0, 0
	for _, entry := range entries {
		err := st.one(ctx, entry)
		var call *providers.Error
		switch {
		case err == nil:
			stopped++
		case errors.As(err, &call) || errors.Is(err, errCannotStop):
			refused++
			a.say("row %d goes on: %v", entry.Row, err)
		default:
			return ledgerFailure(err)
		}
		if ctx.Err() != nil {
			return exit(signalCode(ctx))
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": st.setup.Name, "cancelled": stopped, "going_on": refused})
	}
	fmt.Fprintf(a.out, "%d cancelled, %d go on\n", stopped, refused)
	if refused > 0 {
		return exit(exitRows)
	}
	return nil
}

var errCannotStop = errors.New("the service cannot stop a job")

// one stops one entry. That the service stopped the job is known before the
// ledger says so; dying in between, the next run finds it cancelled by polling.
func (st stopping) one(ctx context.Context, entry ledger.Entry) error {
	event := ledger.Event{Kind: ledger.Cancel, At: time.Now(), By: ledger.ByPerson, Reason: "cancelled by a person"}
	if entry.State == ledger.Submitted {
		canceller, ok := st.client.provider.(providers.Canceller)
		if !ok {
			return errCannotStop
		}
		call, done := context.WithTimeout(ctx, time.Minute)
		defer done()
		if err := canceller.Cancel(call, entry.Operation, entry.Ticket); err != nil {
			return err
		}
		charge := st.setup.checker.Charge(entry.Estimate, providers.Progress{Outcome: providers.Cancelled})
		event.Charge = charge
	}
	_, err := st.store.Apply(context.WithoutCancel(ctx), ledger.Change{Key: entry.Key, Version: entry.Version, Event: event})
	return err
}

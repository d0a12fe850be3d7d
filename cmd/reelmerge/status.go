package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

func (a *app) statusCommand() *cobra.Command {
	var key string
	var watch bool
	c := &cobra.Command{
		Use:     "status CAMPAIGN",
		Short:   "Say where a campaign stands, also while it runs",
		Example: "  reelmerge status campaign.yaml\n  reelmerge status campaign.yaml --row C00147\n  reelmerge status campaign.yaml --watch",
	}
	c.Flags().StringVar(&key, "row", "", "tell the story of the row with this `key`")
	c.Flags().BoolVar(&watch, "watch", false, "show a run that is going, every second until it ends")
	c.MarkFlagsMutuallyExclusive("row", "watch")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		switch {
		case key != "":
			return a.rowStatus(ctx, campaign, key)
		case watch:
			return a.watchStatus(ctx, campaign)
		}
		return a.status(ctx, campaign)
	})
}

func (a *app) status(ctx context.Context, c *reelmerge.Campaign) error {
	doc, err := c.Status(ctx, true)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(doc)
	}
	if doc.Running {
		fmt.Fprintln(a.out, "running")
	}
	if doc.Driver != nil {
		fmt.Fprintln(a.out, doc.Driver)
	}
	if doc.Test {
		fmt.Fprintln(a.out, a.campaign.TestLine())
	}
	tally := reelmerge.TallyOf(doc)
	if doc.Tally != nil {
		tally = *doc.Tally
	}
	fmt.Fprintf(a.out, "%s in the sheet: %s\n", wording.Plural(tally.Rows, "row"), tally)
	for _, m := range doc.Credits {
		fmt.Fprintln(a.out, m.Line(doc.Test))
	}
	if doc.Approval != nil {
		fmt.Fprintf(a.out, "of those to send: %s\n", doc.Approval)
	}
	a.printNext(stepsFrom(c.Command, doc)...)
	return nil
}

// rowStatus tells the history of one row.
func (a *app) rowStatus(ctx context.Context, c *reelmerge.Campaign, key string) error {
	entry, err := c.Row(ctx, key)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(storyDocument(entry))
	}
	for _, line := range c.Story(entry) {
		fmt.Fprintln(a.out, wording.Clean(line))
	}
	return nil
}

// storyJSON is the document of `status --row KEY --json`.
type storyJSON struct {
	Key      string           `json:"key"`
	Row      int              `json:"row"`
	State    ledger.State     `json:"state"`
	Ticket   string           `json:"ticket"`
	Reason   string           `json:"reason"`
	Fetched  ledger.Fetched   `json:"fetched,omitzero"`
	Charged  credit.Amount    `json:"charged"`
	Reserved credit.Amount    `json:"reserved"`
	Unit     string           `json:"unit"`
	Basis    credit.Basis     `json:"credits_basis"`
	Resends  int              `json:"resends,omitempty"`
	Attempts []ledger.Attempt `json:"attempts"`
	History  []momentJSON     `json:"history"`
}

type momentJSON struct {
	Time   time.Time   `json:"time"`
	Event  ledger.Kind `json:"event"`
	Detail string      `json:"detail,omitempty"`
}

func storyDocument(e ledger.Entry) storyJSON {
	doc := storyJSON{
		Key: e.Key, Row: e.Row, State: e.State, Ticket: e.Ticket.Job, Reason: e.Reason, Fetched: e.Fetched,
		Charged: e.Money.Charged, Reserved: e.Money.Reserved, Unit: e.Account.Unit, Basis: e.Basis,
		Resends:  e.Sent.Resends,
		Attempts: append([]ledger.Attempt{}, e.Attempts...), History: []momentJSON{},
	}
	for _, m := range e.History {
		doc.History = append(doc.History, momentJSON{m.At, m.Kind, m.Detail})
	}
	return doc
}

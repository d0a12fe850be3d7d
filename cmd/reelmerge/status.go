package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

const statusFile = "status.json"

// statusJSON is the document of `status --json` and of status.json.
type statusJSON struct {
	Campaign string               `json:"campaign"`
	States   map[ledger.State]int `json:"states"`
	Rows     report.StatusRows    `json:"rows"`
	Changed  int                  `json:"changed"` // bought rows that no longer say what was bought
	Test     bool                 `json:"test"`    // the simulator's: nothing was paid
	Credits  []report.Credits     `json:"credits"`
	Running  bool                 `json:"running"`
	Held     string               `json:"held"`
	Progress *progressJSON        `json:"progress,omitempty"` // while a run is going
}

func (s *setup) statusDocument(summary ledger.Summary) statusJSON {
	doc := statusJSON{Campaign: s.Name, States: map[ledger.State]int{}, Credits: report.CreditsOf(summary.Books), Test: s.isTest()}
	for _, state := range ledger.States() {
		doc.States[state] = summary.States[state]
	}
	if run := summary.Run; run != nil {
		doc.Rows = report.StatusRows{Total: run.Rows, Refused: len(run.Refused), Filtered: len(run.Filtered)}
		doc.Changed = len(run.Changed)
	}
	return doc
}

func writeStatus(path string, doc statusJSON) error {
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, append(data, '\n'))
}

func (a *app) statusCommand() *cobra.Command {
	var cf campaignFlags
	var key string
	var watch bool
	c := &cobra.Command{
		Use:     "status CAMPAIGN",
		Short:   "Say where a campaign stands, also while it runs",
		Example: "  reelmerge status campaign.yaml\n  reelmerge status campaign.yaml --row C00147\n  reelmerge status campaign.yaml --watch",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			if key != "" {
				return a.rowStatus(c.Context(), s, key)
			}
			if watch {
				return a.watchStatus(c.Context(), s)
			}
			return a.status(c.Context(), s)
		},
	}
	cf.register(c)
	c.Flags().StringVar(&key, "row", "", "tell the story of the row with this `key`")
	c.Flags().BoolVar(&watch, "watch", false, "show a run that is going, every second until it ends")
	c.MarkFlagsMutuallyExclusive("row", "watch")
	return c
}

func (a *app) status(ctx context.Context, s *setup) error {
	doc, err := s.currentStatus(ctx, func(store ledger.Store) *engine.Plan { return a.compare(ctx, s, store) })
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(doc)
	}
	if doc.Running {
		fmt.Fprintln(a.out, "running")
	}
	if doc.Test {
		fmt.Fprintln(a.out, testLine)
	}
	fmt.Fprintln(a.out, statesLine(doc.States)+changedToo(doc.Changed))
	fmt.Fprintf(a.out, "%s in the sheet, %s refused, %s filtered out\n", wording.Plural(doc.Rows.Total, "row"), wording.Count(doc.Rows.Refused), wording.Count(doc.Rows.Filtered))
	for _, c := range doc.Credits {
		account := credit.Account{Provider: c.Provider, Payer: c.Payer, Unit: c.Unit}
		fmt.Fprintln(a.out, s.moneyLine(account, ledger.Money{Reserved: c.Reserved, Charged: c.Charged, Released: c.Released, Overrun: c.Overrun}))
	}
	a.printNext(s.stepsFrom(doc)...)
	return nil
}

// currentStatus reads the ledger, or while a run holds it the file that the run
// writes every second. With the plan of compare, it knows the sheet as it is now;
// without, it knows the sheet of the last run.
func (s *setup) currentStatus(ctx context.Context, compare func(ledger.Store) *engine.Plan) (statusJSON, error) {
	store, err := s.peekBooks()
	var locked *ledger.LockedError
	switch {
	case errors.As(err, &locked):
		return s.runningStatus(err)
	case err != nil:
		return statusJSON{}, err
	case store == nil:
		return statusJSON{}, s.notRunYet()
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return statusJSON{}, ledgerFailure(err)
	}
	doc := s.statusDocument(summary)
	if plan := compare(store); plan != nil {
		doc.Changed = plan.Actions.Changed
	}
	return doc, ledgerFailure(ledger.Stopped(ctx))
}

// asOfLastRun reads no sheet.
func asOfLastRun(ledger.Store) *engine.Plan { return nil }

func (s *setup) runningStatus(locked error) (doc statusJSON, err error) {
	data, err := os.ReadFile(s.path(statusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return doc, locked
	}
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		return doc, fail(exitBug, fmt.Errorf("read status: %w", err), "ask again: a run writes it anew every second")
	}
	doc.Running = true
	return doc, nil
}

// rowStatus tells one row's story.
func (a *app) rowStatus(ctx context.Context, s *setup, key string) error {
	entry, err := s.lookUp(ctx, key)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(storyDocument(entry))
	}
	for _, line := range s.story(entry) {
		fmt.Fprintln(a.out, wording.Clean(line))
	}
	return nil
}

func (s *setup) lookUp(ctx context.Context, key string) (ledger.Entry, error) {
	store, err := s.peekBooks()
	if err != nil {
		return ledger.Entry{}, err
	}
	if store == nil {
		return ledger.Entry{}, s.notRunYet()
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return ledger.Entry{}, ledgerFailure(err)
	}
	entry, err := ledger.Find(ctx, store, key, ledger.PurgedKey(summary.Identity.ID, key))
	if err == nil && entry.Key == "" {
		return entry, fail(exitUsage, fmt.Errorf("the ledger has no row with the key %q", key), s.whereKeysAre(ctx, store, key))
	}
	return entry, ledgerFailure(err)
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
		Attempts: append([]ledger.Attempt{}, e.Attempts...), History: []momentJSON{},
	}
	for _, m := range e.History {
		doc.History = append(doc.History, momentJSON{m.At, m.Kind, m.Detail})
	}
	return doc
}

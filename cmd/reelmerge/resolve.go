package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gocarina/gocsv"
	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// resolveFlags are a person's decision about rows whose outcome nobody knows.
type resolveFlags struct {
	row          string
	adopt        string
	notSubmitted bool
	resubmit     bool
	disown       bool
	decisions    string
	propose      bool
}

func (a *app) resolveCommand() *cobra.Command {
	var cf campaignFlags
	var f resolveFlags
	c := &cobra.Command{
		Use:   "resolve CAMPAIGN",
		Short: "List rows whose outcome nobody knows, and decide them",
		Long: `List rows whose outcome nobody knows, and decide them.

Their request was on its way when its answer was lost. The service may have made
the video or not, so reelmerge never sends them again by itself.`,
		Example: "  reelmerge resolve campaign.yaml\n  reelmerge resolve campaign.yaml --row C00147 --adopt JOB-ID\n" +
			"  reelmerge resolve campaign.yaml --row C00147 --not-submitted\n  reelmerge resolve campaign.yaml --decisions decisions.csv",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			decisions, err := f.read()
			if err != nil {
				return err
			}
			if len(decisions) == 0 && f.propose {
				return a.propose(c.Context(), s)
			}
			if len(decisions) == 0 {
				return a.listUnsure(c.Context(), s)
			}
			return a.decide(c.Context(), s, decisions)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.StringVar(&f.row, "row", "", "the `key` of the row to decide")
	flags.StringVar(&f.adopt, "adopt", "", "it was made: its job has this `ticket` at the service")
	flags.BoolVar(&f.notSubmitted, "not-submitted", false, "it was not made: the next run sends it")
	flags.BoolVar(&f.resubmit, "resubmit", false, "send it again, whatever became of the first; it may be paid twice")
	flags.BoolVar(&f.disown, "disown", false, "the job that was adopted is another row's: nobody knows about this row again")
	flags.BoolVar(&f.propose, "propose", false, "ask the service for jobs that could be the lost ones; nothing is decided")
	flags.StringVar(&f.decisions, "decisions", "", "a CSV `file` with the columns key (or row), decision (adopt, not-submitted, resubmit, disown) and ticket")
	return c
}

// decision is one line of a decisions file.
type decision struct {
	Key      string `csv:"key"`
	Row      int    `csv:"row"` // names the row where there is no key
	Decision string `csv:"decision"`
	Ticket   string `csv:"ticket"`
}

func (f resolveFlags) read() ([]decision, error) {
	if f.decisions != "" {
		return readDecisions(f.decisions)
	}
	var chosen []decision
	if f.adopt != "" {
		chosen = append(chosen, decision{Key: f.row, Decision: "adopt", Ticket: f.adopt})
	}
	if f.notSubmitted {
		chosen = append(chosen, decision{Key: f.row, Decision: "not-submitted"})
	}
	if f.resubmit {
		chosen = append(chosen, decision{Key: f.row, Decision: "resubmit"})
	}
	if f.disown {
		chosen = append(chosen, decision{Key: f.row, Decision: disown})
	}
	switch {
	case len(chosen) > 1:
		return nil, fail(exitUsage, errors.New("--adopt, --not-submitted, --resubmit and --disown exclude each other"), "decide one row at a time, or give --decisions a file")
	case len(chosen) == 1 && f.row == "":
		return nil, fail(exitUsage, errors.New("which row? give its key with --row"), "reelmerge resolve without a decision lists them")
	}
	return chosen, nil
}

func readDecisions(path string) ([]decision, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("read decisions %q: %w", path, cause(err)), "a CSV file with the columns key, decision and ticket; row may stand in for key")
	}
	defer file.Close()
	var list []decision
	if err := gocsv.Unmarshal(file, &list); err != nil && !errors.Is(err, io.EOF) {
		return nil, fail(exitUsage, fmt.Errorf("read decisions %q: %w", path, err), "its columns are key, decision and ticket; row may stand in for key")
	}
	if len(list) == 0 {
		return nil, fail(exitUsage, fmt.Errorf("%q holds no decision", path), "its columns are key, decision and ticket; row may stand in for key")
	}
	return list, nil
}

// event turns a decision into what the ledger records.
func (d decision) event(now time.Time) (ledger.Event, error) {
	event := ledger.Event{At: now, By: ledger.ByPerson}
	switch strings.TrimSpace(d.Decision) {
	case "adopt":
		if d.Ticket == "" {
			return event, fmt.Errorf("row %q: adopt needs the ticket of its job", d.Key)
		}
		event.Kind, event.Ticket = ledger.Adopt, job.Ticket{Job: strings.TrimSpace(d.Ticket)}
	case "not-submitted":
		event.Kind, event.Reason = ledger.Unsend, "a person found that it was not made"
	case "resubmit":
		event.Kind, event.Reason = ledger.Repeat, "a person had it sent again"
	case disown:
		event.Kind, event.Reason = ledger.Disown, "the job that was adopted is another row's"
	default:
		return event, fmt.Errorf("row %q: %q is no decision: want adopt, not-submitted, resubmit or disown", d.Key, d.Decision)
	}
	return event, nil
}

// decide records the decisions, all or none.
func (a *app) decide(ctx context.Context, s *setup, decisions []decision) error {
	err := a.recordDecisions(ctx, s, decisions)
	if ctx.Err() != nil && codeOf(err) == signalCode(ctx) {
		a.say("stopped; nothing was recorded")
	}
	return err
}

func (a *app) recordDecisions(ctx context.Context, s *setup, decisions []decision) error {
	config, err := a.accessFor(s, decisions)
	if err != nil {
		return err
	}
	store, err := s.existingBooks(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if decisions, err = withKeys(ctx, store, decisions); err != nil {
		return err
	}
	if config != nil {
		if err := a.confirmTickets(ctx, s, *config, decisions); err != nil {
			return err
		}
	}
	changes, err := s.decided(ctx, store, decisions)
	if err != nil {
		return err
	}
	whole := context.WithoutCancel(ctx) // once videos are deleted, the decision is recorded
	if err := s.removeDisowned(whole, store, decisions); err != nil {
		return err
	}
	if _, err := store.Apply(whole, changes...); err != nil {
		if ledger.Sound(err) {
			return fail(exitUsage, err, "nothing was recorded")
		}
		return ledgerFailure(err)
	}
	if slices.ContainsFunc(decisions, decision.disowns) {
		a.say("%s decided; nobody knows again about rows whose job was another's: %s", wording.Plural(len(decisions), "row"), s.command("resolve"))
		return nil
	}
	a.say("%s decided; go on with: %s", wording.Plural(len(decisions), "row"), s.command("run"))
	return nil
}

// decided are the changes that decisions come to. One that cannot be is the end of
// all of them.
func (s *setup) decided(ctx context.Context, store ledger.Store, decisions []decision) (all []ledger.Change, _ error) {
	for _, d := range decisions {
		changes, err := d.changes(ctx, store)
		if errors.Is(err, ledger.ErrStopped) {
			return nil, ledgerFailure(err)
		}
		if err != nil {
			hint := s.command("resolve") + " lists the rows that wait for a decision"
			if meant := almost(ctx, store, d.Key); meant != "" && meant != d.Key {
				hint = wording.DidYouMean(meant)
			}
			return nil, fail(exitUsage, err, hint+"; nothing was recorded")
		}
		all = append(all, changes...)
	}
	return all, nil
}

// accessFor resolves what asking the service takes; only an adoption asks it.
func (a *app) accessFor(s *setup, decisions []decision) (*providers.Config, error) {
	if !slices.ContainsFunc(decisions, decision.adopts) {
		return nil, nil
	}
	config, err := a.access(s)
	return &config, err
}

func (d decision) adopts() bool { return strings.TrimSpace(d.Decision) == "adopt" && d.Ticket != "" }

// confirmTickets asks the service for every job that is to be adopted, which
// costs nothing: a mistyped ticket must not leave its row waiting for a job that
// never was.
func (a *app) confirmTickets(ctx context.Context, s *setup, config providers.Config, decisions []decision) error {
	client, err := a.connect(s, config)
	if err != nil {
		return err
	}
	defer client.close()
	for _, d := range decisions {
		if !d.adopts() {
			continue
		}
		err := s.knows(ctx, client, strings.TrimSpace(d.Ticket))
		if ctx.Err() != nil {
			return exit(signalCode(ctx))
		}
		switch providers.KindOf(err) {
		case providers.NotFound, providers.Invalid, providers.Auth:
			return fail(exitUsage, fmt.Errorf("row %q: ask %s for job %q: %w", d.Key, s.service.Title, d.Ticket, err),
				"check the ticket; nothing was recorded")
		case providers.Unknown, providers.NotSent, providers.Funds, providers.Busy, providers.Throttled,
			providers.Conflict, providers.Transient, providers.Contract:
			if err != nil {
				a.say("note: job %s could not be confirmed (%v); it is taken at your word", d.Ticket, err)
			}
		}
	}
	return nil
}

// knows asks the service for a job, a few times: one answer may be lost.
func (s *setup) knows(ctx context.Context, c *client, id string) (err error) {
	for try := 0; try < 3 && ctx.Err() == nil; try++ {
		call, cancel := context.WithTimeout(ctx, time.Minute)
		_, err = c.provider.Poll(call, s.template.Operation, job.Ticket{Job: id})
		cancel()
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(betweenQuestions):
		}
	}
	return err
}

// betweenQuestions is how long a service has before it is asked again.
const betweenQuestions = 300 * time.Millisecond

// changes are what a decision does to its row. No run is going, so a row that is
// intended was on the wire when its process died: it is unsure.
func (d decision) changes(ctx context.Context, store ledger.Store) ([]ledger.Change, error) {
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
	case event.Kind == ledger.Disown:
		return disowned(entry, event)
	case entry.State == ledger.Intended:
		lost := ledger.Event{Kind: ledger.Lose, At: event.At, Reason: "the program ended while the request was on its way"}
		return []ledger.Change{
			{Key: entry.Key, Version: entry.Version, Event: lost},
			{Key: entry.Key, Version: entry.Version + 1, Event: event},
		}, nil
	case entry.State != ledger.Unsure:
		return nil, fmt.Errorf("row %q is %s: there is nothing to decide", d.Key, entry.State)
	}
	return []ledger.Change{{Key: entry.Key, Version: entry.Version, Event: event}}, nil
}

// unsureJSON is one row of `resolve --json`.
type unsureJSON struct {
	Key    string    `json:"key"`
	Row    int       `json:"row"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Look   string    `json:"look"`
	Cost   string    `json:"cost_of_a_wrong_guess"`
}

// around is how far from the moment of sending a lost job may carry its time:
// clocks differ, and a submit may take minutes.
const around = 2 * time.Minute

func (a *app) listUnsure(ctx context.Context, s *setup) error {
	store, err := s.peekBooks()
	if err == nil && store == nil {
		err = s.notRunYet()
	}
	if err != nil {
		return err
	}
	defer store.Close()
	list := []unsureJSON{}
	traits := s.checker.Traits()
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Unsure, ledger.Intended}}) {
		if err != nil {
			return ledgerFailure(err)
		}
		list = append(list, unsureJSON{
			Key: e.Key, Row: e.Row, From: e.IntendedAt, Until: latestSent(e),
			Reason: e.Reason, Look: traits.Look, Cost: traits.GuessCost,
		})
	}
	if a.json {
		err = a.printJSON(map[string]any{"campaign": s.Name, "rows": list})
	} else {
		a.printUnsure(s, list)
	}
	if err == nil && len(list) > 0 {
		err = exit(exitDecide)
	}
	return err
}

// latestSent is until when a lost job may carry its time: soon after it was sent, or
// when a copy of the ledger took the place of one that knew when.
func latestSent(e ledger.Entry) time.Time {
	if last := len(e.History) - 1; e.Reason == restoredReason && last >= 0 {
		return e.History[last].At.Add(around)
	}
	return e.IntendedAt.Add(around)
}

// betweenTimes says a span of time, with the first day where it is another one.
func betweenTimes(from, until time.Time) string {
	from, until = from.Local(), until.Local()
	first := from.Format("15:04:05")
	if from.YearDay() != until.YearDay() || from.Year() != until.Year() {
		first = from.Format("15:04:05 on 2 January 2006")
	}
	return "between " + first + " and " + until.Format("15:04:05 on 2 January 2006")
}

func (a *app) printUnsure(s *setup, list []unsureJSON) {
	out := func(format string, args ...any) { fmt.Fprintln(a.out, wording.Clean(fmt.Sprintf(format, args...))) }
	if len(list) == 0 {
		out("nothing to decide")
		return
	}
	for _, u := range list {
		out("We do not know whether row %d (key %s) was made: %s.", u.Row, u.Key, cmp.Or(u.Reason, "its answer was lost"))
		out("  Look in %s, %s.", u.Look, betweenTimes(u.From, u.Until))
		out("  It is there:     %s", s.decision(u.Key, u.Row, "adopt", "JOB-ID"))
		out("  It is not there: %s", s.decision(u.Key, u.Row, "not-submitted", ""))
		out("  Send it anyway:  %s", s.decision(u.Key, u.Row, "resubmit", ""))
	}
	if cost := list[0].Cost; cost != "" {
		out("A wrong guess costs: %s", cost)
	}
}

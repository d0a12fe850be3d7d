package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// resolveFlags are a person's decision about a row whose outcome is not known.
type resolveFlags struct {
	row, part    string
	adopt        string
	notSubmitted bool
	resend       bool
	resubmit     bool
	disown       bool
	decisions    string
	propose      bool
}

func (a *app) resolveCommand() *cobra.Command {
	var f resolveFlags
	c := &cobra.Command{
		Use:   "resolve CAMPAIGN",
		Short: "List rows of which it is not known whether they were made, and decide them",
		Example: "  reelmerge resolve campaign.yaml\n  reelmerge resolve campaign.yaml --row C00147 --adopt JOB-ID\n" +
			"  reelmerge resolve campaign.yaml --row C00147 --not-submitted\n  reelmerge resolve campaign.yaml --decisions decisions.csv",
	}
	flags := c.Flags()
	flags.StringVar(&f.row, "row", "", "the `key` of the row to decide")
	flags.StringVar(&f.part, "part", "", "the `step` to decide that rows wait for, or STEP:DIGITS where it has several jobs")
	flags.StringVar(&f.adopt, "adopt", "", "it was made: its job has this `id` at the service")
	flags.BoolVar(&f.notSubmitted, "not-submitted", false, "it was not made: the next run sends it")
	flags.BoolVar(&f.resend, "resend", false, "send the same request again now, under its key: the service knows it, and makes one video")
	flags.BoolVar(&f.resubmit, "resubmit", false, "send it again, although the first may have been made; it may be paid twice")
	flags.BoolVar(&f.disown, "disown", false, "the job that was adopted is another row's: whether this row was made is not known again")
	flags.BoolVar(&f.propose, "propose", false, "ask the service for jobs that could be the lost ones; nothing is decided")
	flags.StringVar(&f.decisions, "decisions", "", "a CSV `file` with the columns key (or row), decision (adopt, not-submitted, resend, resubmit, disown) and ticket")
	return a.onCampaign(c, func(ctx context.Context, campaign *reelmerge.Campaign) error {
		decisions, err := f.read()
		switch {
		case err != nil:
			return err
		case len(decisions) > 0:
			return a.decide(ctx, campaign, decisions)
		case f.propose:
			return a.propose(ctx, campaign)
		}
		return a.listUnsure(ctx, campaign, cmp.Or(f.row, f.part))
	})
}

// read returns the decisions of the flags, or of a file.
func (f resolveFlags) read() (chosen []reelmerge.Decision, _ error) {
	if f.decisions != "" {
		return readDecisions(f.decisions)
	}
	for _, c := range []struct {
		given  bool
		choice reelmerge.Choice
	}{
		{f.adopt != "", reelmerge.Adopt}, {f.notSubmitted, reelmerge.NotSubmitted},
		{f.resend, reelmerge.Resend}, {f.resubmit, reelmerge.Resubmit}, {f.disown, reelmerge.Disown},
	} {
		if c.given {
			chosen = append(chosen, reelmerge.Decision{Key: f.row, Part: f.part, Choice: c.choice, Ticket: f.adopt})
		}
	}
	switch {
	case len(chosen) > 1:
		return nil, fail(exitUsage, errors.New("--adopt, --not-submitted, --resend, --resubmit and --disown exclude each other"), "decide one row at a time, or give --decisions a file")
	case len(chosen) == 1 && f.row+f.part == "":
		return nil, fail(exitUsage, errors.New("which row? give its key with --row"), "reelmerge resolve without a decision lists them")
	}
	return chosen, nil
}

// decision is one line of a decisions file.
type decision struct {
	Key      string `csv:"key"`
	Row      int    `csv:"row"` // names the row where there is no key
	Decision string `csv:"decision"`
	Ticket   string `csv:"ticket"`
}

// mostList is the largest file of decisions or keys that is read.
const mostList = 64 << 20

func readDecisions(path string) (chosen []reelmerge.Decision, _ error) {
	file, err := atomicfile.Open(path)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("read decisions %q: %w", path, wording.WithoutPath(err)), "a CSV file with the columns key, decision and ticket; row may stand in for key")
	}
	defer file.Close()
	var list []decision
	records, err := sources.NewRecords(path, atomicfile.Bounded(file, mostList), sources.Options{})
	if err == nil {
		err = gocsv.UnmarshalCSV(records, &list)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fail(exitUsage, fmt.Errorf("read decisions %q: %w", path, err), "its columns are key, decision and ticket; row may stand in for key")
	}
	if len(list) == 0 {
		return nil, fail(exitUsage, fmt.Errorf("%q holds no decision", path), "its columns are key, decision and ticket; row may stand in for key")
	}
	for _, d := range list {
		chosen = append(chosen, reelmerge.Decision{
			Key: d.Key, Row: d.Row, Choice: reelmerge.Choice(strings.TrimSpace(d.Decision)), Ticket: strings.TrimSpace(d.Ticket),
		})
	}
	return chosen, nil
}

// decide records the decisions, all or none.
func (a *app) decide(ctx context.Context, c *reelmerge.Campaign, decisions []reelmerge.Decision) error {
	if err := c.Resolve(ctx, decisions...); err != nil {
		if ctx.Err() != nil && reelmerge.CauseOf(err) == reelmerge.Stopped {
			a.say("stopped; nothing was recorded")
		}
		return err
	}
	if slices.ContainsFunc(decisions, func(d reelmerge.Decision) bool { return d.Choice == reelmerge.Disown }) {
		a.say("%s decided; whether rows were made whose job was another's is not known again: %s", wording.Plural(len(decisions), "row"), c.Command("resolve"))
		return nil
	}
	a.say("%s decided; go on with: %s", wording.Plural(len(decisions), "row"), c.Command("run"))
	return nil
}

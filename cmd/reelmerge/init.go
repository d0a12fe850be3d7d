package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

func (a *app) initCommand() *cobra.Command {
	var o reelmerge.DraftOptions
	c := &cobra.Command{
		Use:   "init [TEMPLATE] [SHEET]",
		Short: "Write a campaign, with the sheet's columns mapped to the template's variables",
		Long: `Write a campaign, with the sheet's columns mapped to the template's variables.

TEMPLATE is what Studio exports, or a template file. With --template-job it is a
template saved in Colossyan, and TEMPLATE, its export, may be left out. With
--template it is a starter template to copy, and without a SHEET an example sheet
is written as well, with the files that it names.

On a terminal it asks for what it cannot know; elsewhere that is marked in the
campaign as a comment.

Starter templates:

` + starters(),
		Example: "  reelmerge init export.json customers.xlsx\n" +
			"  reelmerge init --template-job 3f6c2b1e-8a50-4d1f-9f0e-6f1f8f6f0a11 export.json customers.xlsx\n" +
			"  reelmerge init --template samsar-text-to-video",
		Args: cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if a.interactive() {
				o.Ask = a.asking(a.question)
			}
			d, err := a.draft(c.Context(), o, args)
			if err != nil {
				return err
			}
			return a.tellDraft(d)
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.Saved, "template-job", "", "the `id` of a template saved in Colossyan, or with --template at that service, which is asked for its variables")
	flags.StringVar(&o.Starter, "template", "", "the `name` of a starter template to copy")
	flags.StringVar(&o.Service, "service", "", "the `file` that describes the service; without a template, its example is the starter")
	flags.StringVarP(&o.Out, "out", "o", "campaign.yaml", "the campaign `file` to write")
	flags.StringVar(&o.Key, "key", "", "the `column` with an id for each row that never changes")
	flags.BoolVar(&o.Force, "force", false, "write over files that are there")
	return c
}

// starters lists the starter templates, each with what its operation makes.
func starters() string {
	var rows [][2]string
	for _, s := range reelmerge.Starters(all.Services()) {
		rows = append(rows, [2]string{s.Name, s.About})
	}
	return listed(rows)
}

// draft writes a campaign of the files that were named. When ctx ends, nothing is written.
func (a *app) draft(ctx context.Context, o reelmerge.DraftOptions, args []string) (*reelmerge.Draft, error) {
	for _, arg := range args {
		switch {
		case sources.IsSheet(arg) && arg != "-" && o.Sheet == "":
			o.Sheet = arg
		case !sources.IsSheet(arg) && o.Template == "":
			o.Template = arg
		default:
			return nil, fail(exitUsage, fmt.Errorf("%q: want one template (.json, .yaml) and one sheet (.xlsx, .ods, .csv, .tsv, .jsonl)", arg),
				"a sheet of another program: save it as .xlsx or CSV there; see reelmerge init --help")
		}
	}
	d, err := reelmerge.NewDraft(ctx, o, a.options())
	if err != nil {
		return nil, err
	}
	return d, d.Write()
}

// asking asks a person until the answer is right, or the enter key takes the proposal.
func (t *terminal) asking(ask func(context.Context, string) string) func(context.Context, reelmerge.DraftQuestion) string {
	return func(ctx context.Context, q reelmerge.DraftQuestion) string {
		for _, line := range q.List {
			t.say("%s", line)
		}
		for range 5 {
			text := ask(ctx, q.Text)
			if text == "" {
				break
			}
			fault := q.Wrong(text)
			if fault == "" {
				return text
			}
			t.say("%s", fault)
		}
		return q.Proposal
	}
}

// question asks for one line; an empty answer leaves it open, and so does ctx
// when it ends.
func (t *terminal) question(ctx context.Context, text string) string {
	if ctx.Err() != nil {
		return ""
	}
	fmt.Fprintf(t.err, "%s ", wording.Clean(text))
	answer := make(chan string, 1)
	go func() { // ends with the answer, or with the process
		line, err := readLine(t.in)
		if err != nil {
			line = ""
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case text := <-answer:
		return text
	case <-ctx.Done():
		fmt.Fprintln(t.err)
		return ""
	}
}

func (a *app) tellDraft(d *reelmerge.Draft) error {
	if a.json {
		return a.printJSON(d)
	}
	rows := [][]string{{"VARIABLE", "COLUMN", "EXAMPLE"}}
	for _, f := range d.Variables {
		column := cmp.Or(f.Column, "-")
		if f.Column == "" && !f.Required {
			column = "- (has a default)"
		}
		rows = append(rows, []string{f.Variable, column, f.Example})
	}
	_ = report.Columns(a.out, rows) // it was written to a person
	fmt.Fprintf(a.out, "key: %s\n", wording.Clean(cmp.Or(d.Key, "none")))
	for _, path := range d.Written {
		fmt.Fprintf(a.out, "wrote %s\n", wording.Clean(path))
	}
	for _, point := range d.Undecided {
		fmt.Fprintf(a.out, "undecided: %s; %s\n", wording.Clean(point.What), wording.Clean(point.Cure))
	}
	a.say("next: %s", wording.Shown("reelmerge", "check", d.Campaign))
	return nil
}

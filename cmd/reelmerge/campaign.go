package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/databases"
	"github.com/reelmerge/reelmerge/providers/all"
)

// campaignFlags are the flags of commands that take a campaign, or a sheet that
// stands in for one.
type campaignFlags struct {
	sets     []string
	template string
	key      string
	sandbox  bool
	test     bool
	save     string
	store    string
	join     string
}

func (f *campaignFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.sets, "set", nil, "override a key of the campaign with `KEY=VALUE`, such as limits.active=3")
	flags.StringVar(&f.template, "template", "", "the template `file`, when a sheet stands in for a campaign")
	flags.StringVar(&f.key, "key", "", "the `column` with an id for each row that never changes, with --template")
	flags.BoolVar(&f.sandbox, "sandbox", false, "use the embedded simulator: no key, no cost")
	flags.BoolVar(&f.test, "test", false, "use the service's own test mode: free, and its videos show it")
	flags.StringVar(&f.store, "store", "", "the PostgreSQL database that has the ledger, for several machines: its `URL`")
	flags.StringVar(&f.join, "join", "", "the ledger of this `NAME` in the database is that of this campaign; needed once in each folder")
	flags.StringVar(&f.save, "save-campaign", "", "write the sheet and flags down as a campaign `file`")
}

// onCampaign makes a command that takes a campaign. It adds the flags that all of these
// have, opens the campaign for do, and saves it at the end if that was asked for and the
// command did not fail.
func (a *app) onCampaign(c *cobra.Command, do func(context.Context, *reelmerge.Campaign) error) *cobra.Command {
	f := &campaignFlags{}
	f.register(c)
	if c.Flags().Lookup("row") != nil {
		_ = c.RegisterFlagCompletionFunc("row", a.completeRows) // only a second one fails
	}
	c.Args = oneCampaign
	c.ValidArgsFunction = completeCampaigns
	c.RunE = func(command *cobra.Command, args []string) error {
		campaign, err := a.open(command.Context(), append(args, usualCampaign)[0], f)
		if err != nil {
			return err
		}
		defer campaign.Close()
		return a.save(campaign, f.save, a.tell(do(command.Context(), campaign)))
	}
	return c
}

// pinnedFlag adds the flag of commands that fetch a sheet from its web address.
func pinnedFlag(flags *pflag.FlagSet, pinned *bool) {
	flags.BoolVar(pinned, "pinned", false, "go on with the copy of a sheet that is at a web address, and fetch none")
}

// usualCampaign is the campaign of a folder if none is named.
const usualCampaign = "campaign.yaml"

// oneCampaign accepts one argument, or none in a folder with the usual campaign.
func oneCampaign(c *cobra.Command, args []string) error {
	if len(args) == 0 && atomicfile.IsThere(usualCampaign) {
		return nil
	}
	return cobra.ExactArgs(1)(c, args)
}

// completeCampaigns offers the files that may be campaigns, and sheets that may stand in
// for one.
func completeCampaigns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"yaml", "yml", "xlsx", "ods", "csv", "tsv", "jsonl"}, cobra.ShellCompDirectiveFilterFileExt
}

// options are the options with which every campaign of this process is opened.
func (a *app) options() reelmerge.Options {
	return reelmerge.Options{
		Services: all.Services(), Stdin: a.rows(), Ask: a.asker(), Log: a.log,
		Databases: databases.Dial,
		Note:      func(text string) { a.say("%s", text) },
	}
}

func (a *app) open(ctx context.Context, path string, f *campaignFlags) (*reelmerge.Campaign, error) {
	o := a.options()
	o.Set = f.sets
	o.Template = f.template
	o.Key = f.key
	o.Sandbox = f.sandbox
	o.Test = f.test
	o.Store, o.Join = f.store, f.join
	c, err := reelmerge.Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	if f.save != "" {
		err = c.MaySave(f.save)
	}
	a.campaign = c
	return c, err
}

// save writes the campaign to a file, unless the command failed. If rows may have been
// sent, a failure to save must not hide how the run ended.
func (a *app) save(c *reelmerge.Campaign, path string, err error) error {
	switch code := codeOf(err); {
	case path == "", code == exitBug, code == exitUsage, code == exitLocked, code == exitLedger:
		return err
	}
	if failed := a.tell(c.Save(path)); failed != nil {
		if a.mayHaveSent {
			return concluded(codeOf(err), failed)
		}
		return failed
	}
	a.tellWritten(path)
	return err
}

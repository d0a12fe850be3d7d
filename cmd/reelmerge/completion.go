package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/providers/all"
)

// completionCommand prints the script by which a shell completes commands, flags and
// names.
func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that makes a shell complete commands, flags and names",
		Long: `Print a script that makes a shell complete commands, flags and names, for one of:
` + strings.Join(shells(), ", ") + `. ` + "`make install`" + ` puts it where the shell looks for it.`,
		Example: "  eval \"$(reelmerge completion bash)\"\n" +
			"  reelmerge completion zsh > \"${fpath[1]}/_reelmerge\"\n" +
			"  reelmerge completion fish > ~/.config/fish/completions/reelmerge.fish\n" +
			"  reelmerge completion powershell | Out-String | Invoke-Expression",
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells(),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(shells(), args[0]) {
				return fail(exitUsage, fmt.Errorf("there are no completions for the shell %q", args[0]), "there are for: "+strings.Join(shells(), ", "))
			}
			return writeCompletions(c.Root(), args[0], a.out)
		},
	}
}

// eachFlag visits the flags of all commands.
func eachFlag(c *cobra.Command, visit func(*cobra.Command, *pflag.Flag)) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) { visit(c, f) })
	for _, sub := range c.Commands() {
		eachFlag(sub, visit)
	}
}

// completeFlags offers the values of flags that take one of a few, or a column.
func completeFlags(root *cobra.Command) {
	var starters []string
	for _, s := range reelmerge.Starters(all.Services()) {
		starters = append(starters, s.Name)
	}
	only := func(values ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	values := map[string]cobra.CompletionFunc{
		"changed": only("keep", "redo"), "log-format": only("text", "json"), "template": only(starters...),
		"by": completeColumns, "key": completeColumns,
		"set": cobra.FixedCompletions(settingNames(), cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace), // the value follows
	}
	eachFlag(root, func(c *cobra.Command, f *pflag.Flag) {
		if complete := values[f.Name]; complete != nil && (f.Name != "template" || c.Name() == "init") {
			_ = c.RegisterFlagCompletionFunc(f.Name, complete) // only a second one fails
		}
	})
}

// plainUsage removes the marks around the names of values. The help of a command needs
// them; a shell would show them.
func plainUsage(root *cobra.Command) {
	eachFlag(root, func(_ *cobra.Command, f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
}

// completeColumns offers the columns of the last file that is named and has some, or of the
// usual campaign.
func completeColumns(_ *cobra.Command, args []string, _ string) (columns []string, _ cobra.ShellCompDirective) {
	for _, path := range append([]string{usualCampaign}, args...) {
		if found := reelmerge.ColumnsOf(path); len(found) > 0 {
			columns = found
		}
	}
	return columns, cobra.ShellCompDirectiveNoFileComp
}

// completeAssets offers services, and then the kinds of assets that one has.
func (a *app) completeAssets(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	o := a.options()
	o.Sandbox = true
	for _, s := range o.Services {
		catalogue, err := reelmerge.OpenCatalogue(s.Name, "", o)
		switch {
		case err != nil: // it has no assets
			continue
		case len(args) == 0:
			names = append(names, s.Name)
		case len(args) == 1 && args[0] == s.Name:
			names = catalogue.Kinds()
		}
		catalogue.Close()
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// settingNames are the keys of a campaign that --set overrides.
func settingNames() (names []string) {
	c, _ := campaign.ForSheet("customers.csv", "template.json", "", nil)
	for _, s := range c.Settings() {
		names = append(names, s.Field+"=")
	}
	return names
}

// completeRows offers the keys that a campaign's ledger has.
func (a *app) completeRows(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	sandbox, _ := c.Flags().GetBool("sandbox") // every command with rows has it
	opened, err := a.open(c.Context(), append(args, usualCampaign)[0], &campaignFlags{sandbox: sandbox})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer opened.Close()
	var keys []string
	for row, err := range opened.Results(c.Context()) {
		if err != nil || len(keys) == mostCompleted {
			break
		}
		if strings.HasPrefix(row.Key, typed) {
			keys = append(keys, row.Key)
		}
	}
	return keys, cobra.ShellCompDirectiveNoFileComp
}

// mostCompleted is how many keys a shell is offered.
const mostCompleted = 50

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func writeCompletions(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}

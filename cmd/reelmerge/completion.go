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

// completeFlags offers the values of flags that take one of a few.
func completeFlags(root *cobra.Command) {
	values := map[string][]string{
		"changed": {"keep", "redo"}, "log-format": {"text", "json"}, "set": settingNames(), "template": nil,
	}
	for _, s := range reelmerge.Starters(all.Services()) {
		values["template"] = append(values["template"], s.Name)
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			list, known := values[f.Name]
			if !known || f.Name == "template" && c.Name() != "init" {
				return
			}
			ends := cobra.ShellCompDirectiveNoFileComp
			if f.Name == "set" { // the value follows
				ends |= cobra.ShellCompDirectiveNoSpace
			}
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(list, ends)) // only a second one fails
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
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

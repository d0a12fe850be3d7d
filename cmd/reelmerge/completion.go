package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
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

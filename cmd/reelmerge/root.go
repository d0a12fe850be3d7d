package main

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
)

// app is shared by all commands: the terminal, and the state of the command that runs.
type app struct {
	*terminal
	campaign    *reelmerge.Campaign // of this command; nil until it is open
	mayHaveSent bool                // rows may have been sent, so no exit code may deny it

	logFormat string       // empty: nothing is logged
	log       *slog.Logger // set before any command runs
}

// version is set by the linker (make build, make dist); see [versionText].
var version string

// versionText is the version: that of the linker, or else the module's version or the
// commit.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func newRoot(s streams) (*cobra.Command, *app) {
	a := &app{terminal: terminalOf(s)}
	root := &cobra.Command{
		Use:           "reelmerge",
		Short:         "Mail merge for video",
		Version:       versionText(),
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentPreRunE = a.startLog
	root.SetIn(s.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "write JSON to standard output")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say only what went wrong")
	flags.StringVar(&a.logFormat, "log-format", "", "write a log to standard error, as `text|json`; it names no person and no secret")
	root.CompletionOptions.DisableDefaultCmd = true // ours says more, and is tested
	root.SetHelpTemplate(helpTemplate)
	a.addCommands(root)
	withSuggestions(root)
	completeFlags(root)
	return root, a
}

// addCommands adds the commands in groups, so that the help shows a newcomer the
// few that make a campaign first.
func (a *app) addCommands(root *cobra.Command) {
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Make a campaign:", []*cobra.Command{a.initCommand(), a.checkCommand(), a.planCommand(), previewCommand(a), a.runCommand(), a.statusCommand(), a.resultsCommand(), a.reportCommand()}},
		{"When something went wrong:", []*cobra.Command{a.explainCommand(), a.resolveCommand(), a.retryCommand(), a.cancelCommand()}},
		{"Look closer:", []*cobra.Command{a.configCommand(), a.templateCommand(), a.assetsCommand(), a.providerCommand(), a.schemaCommand(), a.ledgerCommand()}},
		{"And:", []*cobra.Command{a.purgeCommand(), a.sandboxCommand(), a.completionCommand(), a.manCommand(), versionCommand(a.terminal), helpCommand(root)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.title
			root.AddCommand(c)
		}
	}
}

// versionCommand says what --version says.
func versionCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which version this is",
		Example: "  reelmerge version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if t.json {
				return t.printJSON(map[string]any{"reelmerge": versionText()})
			}
			_, err := fmt.Fprintln(t.out, "reelmerge", versionText())
			return err
		},
	}
}

// helpCommand replaces cobra's own, which counts an unknown word as success.
func helpCommand(root *cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:       "help [COMMAND]",
		Short:     "Say what a command does, or what the exit codes mean",
		Example:   "  reelmerge help run\n  reelmerge help exit-codes",
		ValidArgs: []string{exitTopic},
		RunE: func(c *cobra.Command, words []string) error {
			if len(words) == 1 && words[0] == exitTopic {
				_, err := fmt.Fprint(c.OutOrStdout(), exitHelp)
				return err
			}
			about, rest, err := c.Root().Find(words)
			if err != nil || len(rest) > 0 {
				return knownCommand(about, words[len(words)-max(1, len(rest)):])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
	root.SetHelpCommand(c)
	return c
}

const rootHelp = `Reelmerge makes one video per row of a spreadsheet.

It checks every row against a template, says what the run will cost and how long
it will take, and sends the rows to a video-generation service. It may be
stopped at any moment and run again: no video is paid twice, and no row is lost.

  reelmerge init export.json customers.xlsx   write campaign.yaml, columns mapped
  reelmerge check campaign.yaml               every problem of every row
  reelmerge plan campaign.yaml                what a run would do, cost and take
  reelmerge run campaign.yaml --sandbox       try it: no key, no cost
  reelmerge run campaign.yaml                 do it; run it again to go on
  reelmerge results campaign.yaml             the sheet, with links and costs

In a folder with a campaign.yaml, its name may be left out.`

// exitTopic is a topic of help that is no command.
const exitTopic = "exit-codes"

const exitHelp = `Exit codes:
  0  everything asked for is done
  1  an unexpected failure
  2  wrong usage, or the campaign or template has problems; nothing was sent
  3  some rows have problems or failed, or the results could not be written
  4  some rows need a decision: unsure, or changed
  5  the run holds: budget, funds, credentials, stop time, service down, a bug, or the same error again and again
  6  the ledger is in use by another process
  7  the ledger is missing, corrupt, foreign, newer, or could not be written; nothing more was sent
  130, 143  interrupted, terminated; run again to go on
  above 128  any other: killed; run again to go on
`

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}
Exit codes: reelmerge help exit-codes
`

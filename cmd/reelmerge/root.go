package main

import (
	"embed"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

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
	describeAll(root)
	withSuggestions(root)
	completeFlags(root)
	return root, a
}

// helpTexts are the descriptions of commands that take more than a line.
//
//go:embed help
var helpTexts embed.FS

// describeAll gives each command the description that help/ has for it.
func describeAll(c *cobra.Command) {
	if text, err := helpTexts.ReadFile("help/" + pageName(c) + ".txt"); err == nil {
		c.Long = strings.TrimSpace(string(text))
	}
	for _, sub := range c.Commands() {
		describeAll(sub)
	}
}

// addCommands adds the commands in groups, so that the help shows a newcomer the
// few that make a campaign first.
func (a *app) addCommands(root *cobra.Command) {
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Make a campaign:", []*cobra.Command{a.initCommand(), a.checkCommand(), a.planCommand(), previewCommand(a), approveCommand(a), serveCommand(a), a.runCommand(), a.statusCommand(), a.resultsCommand(), reportCommand(a)}},
		{"When something went wrong:", []*cobra.Command{explainCommand(a), a.resolveCommand(), retryCommand(a), cancelCommand(a)}},
		{"Look closer:", []*cobra.Command{configCommand(a), templateCommand(a), a.assetsCommand(), providerCommand(a), schemaCommand(a), a.ledgerCommand(), storeCommand(a.terminal)}},
		{"And:", []*cobra.Command{purgeCommand(a), a.sandboxCommand(), a.completionCommand(), manCommand(a), versionCommand(a.terminal), helpCommand(root)}},
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

// exitTopic is a topic of help that is no command.
const exitTopic = "exit-codes"

//go:embed help/exit-codes.txt
var exitHelp string

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}
Exit codes: reelmerge help exit-codes
`

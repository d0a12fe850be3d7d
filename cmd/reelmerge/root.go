package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// app is what every command shares: the streams and the flags of all commands.
// What is written to the streams is cleaned on its way, so that no text of a
// stranger reaches a terminal as it is.
type app struct {
	streams
	screen streams // as they came: for what we draw ourselves, and for JSON, which escapes
	json   bool
	quiet  bool

	mayHaveSent bool // rows: no code says from now on that nothing was sent

	logFormat string       // empty: nothing is logged
	log       *slog.Logger // set before any command runs
	saving    *saving      // nil: the campaign is not to be written down
}

// version is set by the linker (make build, make dist); see [versionText].
var version string

// versionText is what was built. Without the linker's word, it is what Go knows of
// the source: the module's version, or the commit.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func newRoot(s streams) *cobra.Command {
	a := &app{streams: streams{s.in, wording.Writer(s.out), wording.Writer(s.err)}, screen: s}
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
	a.saveAfter(root)
	return root
}

// addCommands adds the commands in groups, so that the help shows a newcomer the
// few that make a campaign first.
func (a *app) addCommands(root *cobra.Command) {
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Make a campaign:", []*cobra.Command{a.initCommand(), a.checkCommand(), a.planCommand(), a.runCommand(), a.statusCommand(), a.resultsCommand(), a.reportCommand()}},
		{"When something went wrong:", []*cobra.Command{a.explainCommand(), a.resolveCommand(), a.retryCommand(), a.cancelCommand()}},
		{"Look closer:", []*cobra.Command{a.configCommand(), a.templateCommand(), a.assetsCommand(), a.schemaCommand(), a.ledgerCommand()}},
		{"And:", []*cobra.Command{a.purgeCommand(), a.sandboxCommand(), a.completionCommand(), a.manCommand(), a.helpCommand(root)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.title
			root.AddCommand(c)
		}
	}
}

// helpCommand stands in for cobra's, which takes a word that is no command for
// success.
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say what a command does",
		Example: "  reelmerge help run",
		RunE: func(c *cobra.Command, words []string) error {
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
it will take, and sends the rows to a video-generation service. Kill it at any
moment and run it again: nothing is paid twice and nobody is left out.

  reelmerge init export.json customers.xlsx   write campaign.yaml, columns mapped
  reelmerge check campaign.yaml               every problem of every row
  reelmerge plan campaign.yaml                what a run would do, cost and take
  reelmerge run campaign.yaml --sandbox       try it: no key, no cost
  reelmerge run campaign.yaml                 do it; run it again to go on
  reelmerge results campaign.yaml             the sheet, with links and costs`

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
` + exitHelp

// say writes a line for people, who read standard error.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintln(a.err, wording.Clean(fmt.Sprintf(format, args...)))
	}
}

// printJSON writes one document to standard output.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// interactive reports whether a person can be asked.
func (a *app) interactive() bool { return isTerminal(a.in) && isTerminal(a.screen.err) && !a.json }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask puts a yes-or-no question; anything but yes is no, and so is Ctrl-C.
func (a *app) ask(ctx context.Context, question string) bool {
	answer := strings.ToLower(a.question(ctx, question+" [y/N]"))
	return ctx.Err() == nil && (answer == "y" || answer == "yes")
}

// agree asks, and ends the command unless the answer is yes.
func (a *app) agree(ctx context.Context, question, otherwise string) error {
	if a.ask(ctx, question) {
		return nil
	}
	a.say("%s", otherwise)
	if ctx.Err() != nil {
		return exit(signalCode(ctx))
	}
	return exit(exitUsage)
}

// consent is what a person has to say before something that cannot be taken back.
type consent struct {
	given     bool // by --yes, or since it is only the simulator, and there is no terminal
	risk      string
	question  string
	otherwise string // what it comes to when the answer is no
}

// seek ends the command unless the consent is given.
func (a *app) seek(ctx context.Context, c consent) error {
	switch {
	case c.given:
		return nil
	case !a.interactive():
		return fail(exitUsage, errors.New(c.risk), "add --yes to go on")
	}
	return a.agree(ctx, c.question, c.otherwise)
}

// readLine reads byte by byte, so that nothing of a later answer is swallowed.
func readLine(r io.Reader) (string, error) {
	var line []byte
	var b [1]byte
	for {
		if _, err := r.Read(b[:]); err != nil {
			return string(line), err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

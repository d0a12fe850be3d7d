package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge/internal/manpage"
)

// released is the day of the release, set by the linker as [version] is.
var released string

// manCommand writes manual pages, for packagers of the program.
func manCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages",
		Example: "  reelmerge man /usr/local/share/man/man1",
		Hidden:  true,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := writeManual(c.Root(), args[0]); err != nil {
				return fail(exitUsage, fmt.Errorf("write manual: %w", err), "choose a folder that you may write")
			}
			return nil
		},
	}
}

// writeManual writes the page of a command and those of the commands below it.
func writeManual(c *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, sub := range shown(c) {
		if err := writeManual(sub, dir); err != nil {
			return err
		}
	}
	page := manualOf(c)
	return os.WriteFile(filepath.Join(dir, page.Name+".1"), page.Render(manpage.Edition{Version: versionText(), Date: releaseDay()}), 0o644)
}

// releaseDay is the day of the release, or else of the commit.
func releaseDay() string {
	info, ok := debug.ReadBuildInfo()
	if released != "" || !ok {
		return released
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			return s.Value[:min(len("2006-01-02"), len(s.Value))]
		}
	}
	return ""
}

// shown are the commands below one that people see.
func shown(c *cobra.Command) (list []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			list = append(list, sub)
		}
	}
	return list
}

func manualOf(c *cobra.Command) manpage.Page {
	c.InitDefaultHelpFlag()
	p := manpage.Page{Name: pageName(c), Short: c.Short, Usage: c.UseLine(), About: cmp.Or(c.Long, c.Short+"."), Examples: c.Example}
	for _, flags := range []*pflag.FlagSet{c.NonInheritedFlags(), c.InheritedFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				p.Options = append(p.Options, optionOf(f))
			}
		})
	}
	for text := range strings.Lines(exitHelp) {
		if code, meaning, ok := strings.Cut(strings.TrimSpace(text), "  "); ok {
			p.Exit = append(p.Exit, manpage.Entry{Term: code, Text: meaning})
		}
	}
	// The commands around it: above, below, and those of its group.
	if c.HasParent() {
		p.Also = append(p.Also, pageName(c.Parent()))
		for _, other := range shown(c.Parent()) {
			if other != c && other.GroupID == c.GroupID {
				p.Also = append(p.Also, pageName(other))
			}
		}
	}
	for _, sub := range shown(c) {
		p.Also = append(p.Also, pageName(sub))
	}
	return p
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// optionOf describes a flag as it is typed: --yes, --limit N, and --canary[=N] where the
// value may be left out.
func optionOf(f *pflag.Flag) manpage.Entry {
	value, usage := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	switch {
	case value == "":
	case f.NoOptDefVal != "":
		name += "[=" + value + "]"
	default:
		name += " " + value
	}
	return manpage.Entry{Term: name, Text: usage}
}

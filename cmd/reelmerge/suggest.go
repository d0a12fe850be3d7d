package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// withSuggestions makes errors about commands and flags name the nearest right one.
func withSuggestions(root *cobra.Command) {
	root.SetFlagErrorFunc(unknownFlag)
	suggestCommands(root)
}

func suggestCommands(c *cobra.Command) {
	switch {
	case c.HasSubCommands():
		c.Args = knownCommand
	case c.Args != nil:
		c.Args = counted(c.Args)
	}
	for _, sub := range c.Commands() {
		suggestCommands(sub)
	}
}

// knownCommand accepts no argument: a word in that place was meant as a command.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(append(names, sub.Name()), sub.Aliases...)
		}
	}
	hint := wording.NearestOr(args[0], names, helpHint(c))
	if c.Flags().Lookup(args[0]) != nil { // version is one
		hint = wording.DidYouMean("--" + args[0])
	}
	return fail(exitUsage, fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath()), hint)
}

// counted says in words which arguments a command takes.
func counted(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		err := args(c, given)
		var f *failure
		if err == nil || errors.As(err, &f) {
			return err
		}
		_, takes, _ := strings.Cut(c.Use, " ")
		if takes == "" {
			takes = "no arguments"
		}
		example, _, _ := strings.Cut(strings.TrimSpace(c.Example), "\n")
		return fail(exitUsage, fmt.Errorf("%s takes %s; %d given", c.CommandPath(), takes, len(given)), "for example: "+example+"; "+helpHint(c))
	}
}

func unknownFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		name := invalid.GetFlag().Name
		_, usage := pflag.UnquoteUsage(invalid.GetFlag())
		if invalid.GetFlag().Value.Type() == "duration" {
			usage += "; write it with its unit: 30s, 5m or 2h"
		}
		return fail(exitUsage, fmt.Errorf("--%s %q is not usable", name, invalid.GetValue()), "--"+name+": "+usage)
	}
	if !errors.As(err, &unknown) {
		return fail(exitUsage, err, helpHint(c))
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fail(exitUsage, err, wording.NearestOr("--"+unknown.GetSpecifiedName(), names, helpHint(c)))
}

func helpHint(c *cobra.Command) string { return "see " + c.CommandPath() + " --help" }

// didYouMean names the candidate that differs from a word by a typing error, if there is
// one.
func didYouMean(word string, candidates []string) string {
	return wording.DidYouMean(wording.Nearest(word, candidates, strings.ToLower))
}

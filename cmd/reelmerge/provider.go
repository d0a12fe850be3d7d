package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/declared"
)

func providerCommand(a *app) *cobra.Command {
	check := &cobra.Command{
		Use:     "check FILE",
		Short:   "Check the description of a service",
		Example: "  reelmerge provider check acme.service.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, found := declared.Load(args[0])
			if d == nil {
				return a.refuse(found)
			}
			return a.showProblems(found, fmt.Sprintf("%s: the description of %s can be used", args[0], d.Title))
		},
	}
	show := &cobra.Command{
		Use:     "show FILE|NAME",
		Short:   "Show what the description of a service says",
		Example: "  reelmerge provider show acme.service.yaml\n  reelmerge provider show nexrender",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, known := builtin.Find(args[0])
			if !known {
				var found problem.List
				if d, found = declared.Load(args[0]); d == nil {
					return a.refuse(found)
				}
			}
			if a.json {
				return a.printJSON(d.View())
			}
			_, err := fmt.Fprint(a.out, d.View())
			return err
		},
	}
	c := &cobra.Command{Use: "provider", Short: "Look at a service that is described by a file",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(check, show)
	return c
}

// showProblems lists warnings, and says what is good all the same.
func (a *app) showProblems(found problem.List, good string) error {
	if a.json {
		doc := checkJSON{Problems: append(problem.List{}, found...)}
		doc.Count, doc.Warnings = found.Count()
		return a.printJSON(doc)
	}
	for _, p := range found {
		a.listingOn(a.out, a.screen.out).problem(p)
	}
	_, err := fmt.Fprintln(a.out, good)
	return err
}

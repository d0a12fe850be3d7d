package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/templates"
)

// operations are the operations that a template may be for.
func operations() templates.Operations { return reelmerge.Operations(all.Services()) }

// listed writes names with their descriptions for a help text.
func listed(rows [][2]string) string {
	var list strings.Builder
	columns := tabwriter.NewWriter(&list, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(columns, "  %s\t%s\n", row[0], row[1])
	}
	_ = columns.Flush() // a builder takes everything
	return strings.TrimRight(list.String(), "\n")
}

func schemaCommand(a *app) *cobra.Command {
	schemas := reelmerge.Schemas(all.Services())
	var names, described []string
	var rows [][2]string
	for _, s := range schemas {
		names = append(names, s.Name)
		described = append(described, s.Name+"\t"+s.About)
		rows = append(rows, [2]string{s.Name, s.About})
	}
	return &cobra.Command{
		Use:   "schema NAME",
		Short: "Print the JSON Schema of a file format or a request",
		Long: `Print the JSON Schema of a file format or a request. Without NAME the names are
printed, one a line.

` + listed(rows),
		Example:   "  reelmerge schema campaign > campaign.schema.json",
		ValidArgs: described,
		Args:      cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				fmt.Fprintln(a.out, strings.Join(names, "\n"))
				return nil
			}
			for _, s := range schemas {
				if s.Name == args[0] {
					_, err := a.out.Write(s.Source)
					return err
				}
			}
			return fail(exitUsage, fmt.Errorf("there is no schema %q", args[0]), wording.NearestOr(args[0], names, "reelmerge schema lists them"))
		},
	}
}

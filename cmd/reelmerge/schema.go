package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema NAME",
		Short:     "Print the JSON Schema of a file format or a request",
		Example:   "  reelmerge schema campaign > campaign.schema.json",
		ValidArgs: schema.Names(),
		Args:      cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				fmt.Fprintln(a.out, strings.Join(schema.Names(), "\n"))
				return nil
			}
			source, err := schema.Source(args[0])
			if err != nil {
				return fail(exitUsage, fmt.Errorf("there is no schema %q", args[0]), wording.NearestOr(args[0], schema.Names(), "reelmerge schema lists them"))
			}
			_, err = a.out.Write(source)
			return err
		},
	}
}

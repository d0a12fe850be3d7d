package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes manual pages, for packagers of the program.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages",
		Example: "  reelmerge man /usr/local/share/man/man1",
		Hidden:  true,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fail(exitUsage, fmt.Errorf("write manual: %w", err), "choose a folder that you may write")
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			undated := time.Unix(0, 0).UTC() // the same pages from the same source
			header := &doc.GenManHeader{Title: "REELMERGE", Section: "1", Source: "reelmerge", Manual: "Reelmerge", Date: &undated}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fail(exitUsage, fmt.Errorf("write manual: %w", err), "choose a folder that you may write")
			}
			return nil
		},
	}
}

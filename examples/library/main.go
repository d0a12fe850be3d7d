// Command library makes a batch of videos from Go, without the reelmerge command: it
// runs a campaign on the simulator, so that it needs no key and costs nothing. Run it
// twice, and the second run has nothing to do.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
)

func main() {
	path := "examples/colossyan-video/campaign.yaml"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if err := makeVideos(context.Background(), path, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// makeVideos runs a campaign on the simulator and prints what became of each row. The
// ledger is in its output folder: as long as it is there, nothing is bought twice.
func makeVideos(ctx context.Context, path string, to io.Writer) error {
	c, err := reelmerge.Open(ctx, path, reelmerge.Options{Services: all.Services(), Sandbox: true})
	if err != nil {
		return err
	}
	defer c.Close()
	out, err := c.Run(ctx, reelmerge.RunOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(to, "%d rows, %d sent\n", out.Plan.Rows.Total, out.Sent)
	for row, err := range c.Results(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(to, "%s: %s, %v %s\n", row.Key, row.Status, row.Amount, row.Unit)
	}
	return nil
}

package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/media"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
)

// mediaFolder is the folder, below the output folder, with the files that rows name by
// web address. mostMedia is the most bytes of one file that any service takes (VID-F2).
const (
	mediaFolder = "media"
	mostMedia   = 50 << 20
)

// addresses are the files that rows name by web address. A command that needs the files
// fetches each once; any other only judges the address.
type addresses struct {
	shelf *media.Shelf

	mu     sync.Mutex
	unseen map[string]bool
	kept   map[string]providers.Placed // the answers of remembered
}

// addresses returns those of this command. A command that plans twice fetches once.
func (c *Campaign) addresses() *addresses {
	if c.media == nil {
		c.media = &addresses{unseen: map[string]bool{}, kept: map[string]providers.Placed{}, shelf: media.New(media.Options{
			Dir: c.path(mediaFolder), Most: mostMedia, Local: c.isLocal(),
			Begin: func() { c.note("fetching the files that rows name by their web address") },
		})}
	}
	return c.media
}

// isLocal reports whether the service is on this machine. Only then may the files be here
// too.
func (c *Campaign) isLocal() bool {
	u, err := url.Parse(c.baseURL())
	return c.file.Provider.Sandbox.On || err == nil && publicnet.IsLoopback(u.Hostname())
}

// fetch implements [engine.Planner.Fetch] for commands that may use the network.
func (d *addresses) fetch(ctx context.Context, address string) providers.Placed {
	return placed(d.shelf.Fetch(ctx, address))
}

// recall implements it for commands that may not. Files that were fetched before are
// used; of all others only the address is judged.
func (d *addresses) recall(_ context.Context, address string) providers.Placed {
	if file, asked, err := d.shelf.Recall(address); asked {
		return placed(file, err)
	}
	if err := d.shelf.Vet(address); err != nil {
		return placed(media.File{}, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unseen[address] = true
	return providers.Placed{}
}

// remembered implements it for commands that compare the sheet with the bought videos. An
// address stands for the copy that was made when its row was planned. A new address has
// no copy, so its row differs from what was bought.
func (d *addresses) remembered(ctx context.Context, address string) providers.Placed {
	if _, asked, _ := d.shelf.Recall(address); asked {
		return d.recall(ctx, address)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at, found := d.kept[address]
	if !found {
		if file, there := d.shelf.Kept(address); there {
			at = placed(file, nil)
		} else if err := d.shelf.Vet(address); err != nil {
			at = placed(media.File{}, err)
		}
		d.kept[address] = at
	}
	return at
}

// placed says the result as a problem. Messages contain no address, since they are stored
// with the row as reasons.
func placed(file media.File, err error) providers.Placed {
	p := &problem.Problem{Code: "ROW-MEDIA-FETCH"}
	var large *media.TooLargeError
	var address *media.AddressError
	var status *media.StatusError
	switch {
	case errors.As(err, &large):
		return providers.Placed{TooLarge: large.Size}
	case errors.As(err, &address):
		p.Code, p.Message = "ROW-MEDIA-URL", "nothing is fetched from this web address: "+address.Why
		p.Hint = "write a public https address, or the path of a file beside the campaign file"
	// This one is certain; every other failure may pass.
	case errors.As(err, &status) && status.Gone():
		p.Message = fmt.Sprintf("the web address leads nowhere: %v", err)
		p.Hint = "open the link in a private window of a browser, and correct the cell"
	case err != nil:
		p.Message = fmt.Sprintf("what the web address leads to could not be fetched: %v", err)
		p.Hint = "run again when the server answers, or put the file beside the campaign file and write its name here"
	case file.Stale != nil:
		p.Severity = problem.Warning
		p.Code = "ROW-MEDIA-KEPT"
		p.Message = fmt.Sprintf("the web address does not answer now, so the copy of an earlier time is used: %v", file.Stale)
		p.Hint = "nothing needs doing if the file is still the one that you want"
	default:
		p = nil
	}
	return providers.Placed{Path: file.Path, Problem: p}
}

// mention says how many files a check without network did not look at.
func (d *addresses) mention(c *Campaign, plan *engine.Plan) {
	// A check that says nothing about them would look as if the files were fine.
	if n := len(d.unseen); n > 0 {
		plan.Notices = append(plan.Notices, sources.Notice{
			Code: "ROW-MEDIA-UNSEEN", Column: -1, Message: "not looked at, because a check fetches no media: " + wording.Plural(n, "media file") + " named by web address",
			Hint: c.Command("check", "--online") + " fetches them; plan and run do as well",
		})
	}
}

// forgetMedia removes the copies that no row of the ledger needs. It returns how many it
// removed, and how many files are left that are not copies of ours.
func (c *Campaign) forgetMedia(ctx context.Context, store ledger.Store) (removed, left int, err error) {
	needed := map[string]bool{}
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return 0, 0, err
		}
		for _, m := range e.Media {
			needed[m.SHA256] = true
		}
	}
	return media.Forget(c.path(mediaFolder), needed)
}

package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// PurgeOptions say which rows are forgotten, and where.
type PurgeOptions struct {
	Rows  []string // only rows with these keys
	Local bool     // delete nothing at the service
	Yes   bool     // do not ask
}

// purging is a purge that is being done.
type purging struct {
	campaign *Campaign
	options  PurgeOptions
	store    ledger.Store
	keeper   purger
	id       string            // of the ledger
	deleter  providers.Deleter // nil: nothing is deleted at the service
	chosen   []ledger.Entry
	parts    int      // of the chosen ones
	outside  []string // outputs outside of the folder, which a person keeps elsewhere
	receipt  Receipt
}

// Purge forgets the contents of settled rows: values, links and reasons, their videos
// here and at the service, and every file in the output folder that was made from them.
// It says what will be gone, and asks. It keeps amounts, times, job numbers and a hash of
// each key, by which a later run knows the row and does not buy it again. The receipt is
// written beside the ledger.
func (c *Campaign) Purge(ctx context.Context, o PurgeOptions) (Receipt, error) {
	if err := c.isWhere(ledgerFile); err != nil {
		return Receipt{}, err
	}
	store, err := c.existing(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer store.Close()
	keeper, purges := store.(purger)
	if !purges {
		return Receipt{}, notKept()
	}
	held, done, err := c.alone(ctx, store)
	if err != nil {
		return Receipt{}, err
	}
	defer done()
	p := &purging{campaign: c, options: o, store: held, keeper: keeper}
	err = p.purge(ctx)
	return p.receipt, err
}

// purger is a store that removes for good what events have purged, as [ledger.Keeper] does.
type purger interface {
	Purge(ctx context.Context, gone func(key string) bool) error
}

// purge deletes at the service first. If that is interrupted, the ledger still has the
// tickets, and purging again goes on; the other order would leave videos that nothing
// names any more.
func (p *purging) purge(ctx context.Context) error {
	if err := p.choose(ctx); err != nil {
		return err
	}
	if err := p.mayPurge(ctx); err != nil {
		return err
	}
	client, err := p.reach()
	if err != nil {
		return err
	}
	if client != nil {
		defer client.close()
	}
	if err := p.atService(ctx); err != nil {
		return err
	}
	// Once videos are deleted at the service, an interrupt must not leave their links
	// here.
	if err := p.here(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if err := p.campaign.forgetCorrections(p.chose()); err != nil {
		return err
	}
	return p.writeReceipt()
}

// choose lists the rows to forget. A row that is not settled is only counted: its ticket
// is needed to find out what it costs.
func (p *purging) choose(ctx context.Context) error {
	summary, err := p.store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	p.id = summary.Identity.ID
	p.receipt = Receipt{Campaign: p.campaign.file.Name, Ledger: p.id, At: time.Now().UTC(), Credits: p.campaign.credits(summary.Balances), Left: []string{}}
	for e, err := range p.store.Entries(ctx, ledger.Query{Keys: p.keys()}) {
		switch {
		case err != nil:
			return ledgerFailure(err)
		case e.IsPart():
		case e.State.Open():
			p.receipt.LeftOpen++
		case e.Purged:
			p.receipt.PurgedBefore++
		default:
			p.chosen = append(p.chosen, e)
		}
	}
	if len(p.options.Rows) > 0 && len(p.chosen)+p.receipt.LeftOpen+p.receipt.PurgedBefore == 0 {
		return fail(Usage, fmt.Errorf("the ledger has none of the rows %q", p.options.Rows), "reelmerge results writes a sheet with every key")
	}
	return p.chooseParts(ctx)
}

// chose reports of keys whether their rows are forgotten.
func (p *purging) chose() func(key string) bool {
	chosen := map[string]bool{}
	for _, e := range p.chosen {
		chosen[e.Key] = true
	}
	return func(key string) bool { return chosen[key] }
}

// keys returns the chosen keys, and the hashes by which purged rows are known.
func (p *purging) keys() (keys []string) {
	for _, key := range p.options.Rows {
		keys = append(keys, key, ledger.PurgedKey(p.id, key))
	}
	return keys
}

// count is the number of chosen rows in a state.
func (p *purging) count(s ledger.State) (n int) {
	for _, e := range p.chosen {
		if e.State == s {
			n++
		}
	}
	return n
}

// mayPurge says what will be gone, and asks.
func (p *purging) mayPurge(ctx context.Context) error {
	c := p.campaign
	c.note("%s will be forgotten, which cannot be undone: values, links and videos. The amounts that were paid are kept.", p.said())
	if n := p.count(ledger.Planned); n > 0 {
		c.note("not sent yet, and never to be: %s", wording.Count(n))
	}
	if n := p.receipt.LeftOpen; n > 0 {
		c.note("left, because their end is open: %s; see: %s", wording.Count(n), c.Command("status"))
	}
	c.note("%s", p.serviceLine())
	return c.seek(ctx, p.options.Yes || c.IsTest() && !c.person(), "purging cannot be taken back", Question{
		About: Forever, Text: "Forget them?", Rows: len(p.chosen), Otherwise: "nothing was forgotten",
	})
}

// serviceLine says what will be deleted at the service, before a person agrees.
func (p *purging) serviceLine() string {
	title := p.campaign.Title()
	switch {
	case p.options.Local:
		return "At " + title + " nothing is deleted (--local)."
	case !p.campaign.canDelete():
		return title + " offers no way to delete: what was sent there, and the videos, stay there. Ask its support."
	}
	return fmt.Sprintf("To be deleted at %s: %s.", title, wording.Plural(p.count(ledger.Succeeded), "video"))
}

// canDelete reports whether the service can delete at all. No call is made.
func (c *Campaign) canDelete() bool {
	provider, err := c.service.New(providers.Config{BaseURL: "http://127.0.0.1", Token: "unused", WebhookSecret: "unused"})
	if err != nil {
		return false
	}
	_, ok := providers.As[providers.Deleter](provider)
	return ok
}

// reach connects to the service if videos are to be deleted there.
func (p *purging) reach() (*client, error) {
	if p.options.Local || !p.campaign.canDelete() || p.count(ledger.Succeeded) == 0 {
		return nil, nil
	}
	config, err := p.campaign.access()
	if err != nil {
		return nil, err
	}
	client, err := p.campaign.connect(config)
	if err != nil {
		return nil, err
	}
	p.deleter, _ = providers.As[providers.Deleter](client.provider)
	return client, nil
}

// atService deletes finished videos at the service. If a video cannot be deleted, its row
// is not forgotten either, so that another purge tries again.
func (p *purging) atService(ctx context.Context) error {
	if p.deleter == nil {
		p.receipt.Service.NotDeleted = p.count(ledger.Succeeded)
		return nil
	}
	var kept []ledger.Entry
	for _, e := range p.chosen {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if e.State != ledger.Succeeded || p.deleted(ctx, e) {
			kept = append(kept, e)
		}
	}
	p.chosen = kept
	return nil
}

// deleted deletes one video and reports whether the row may be forgotten.
func (p *purging) deleted(ctx context.Context, e ledger.Entry) bool {
	err := p.delete(ctx, e)
	switch kind := providers.KindOf(err); {
	case err == nil:
		p.receipt.Service.Deleted++
	// Deleted before, by an earlier purge or by a person: the goal is reached.
	case kind == providers.NotFound:
		p.receipt.Service.Gone++
	// The service cannot delete this kind of job, and trying again would not help.
	case kind == providers.Invalid:
		p.receipt.Service.NotDeleted++
	default:
		p.receipt.Service.Failed++
		p.campaign.note("%s: the video could not be deleted at the service: %v", engine.Who(e), err)
		return false
	}
	return true
}

// Limits for a service that asks to slow down: the number of tries, and the longest wait
// before each.
const (
	deletions     = 5
	longestDelete = time.Minute
)

// delete deletes one video, and waits as the service asks. Deleting twice does no harm,
// so it may be repeated.
func (p *purging) delete(ctx context.Context, e ledger.Entry) error {
	return patience.Attempts{Most: deletions, Pause: time.Second}.Do(ctx, func() error {
		call, cancel := context.WithTimeout(ctx, longestDelete)
		defer cancel()
		return p.deleter.Delete(call, e.Operation, e.Ticket)
	}, func(err error) (time.Duration, bool) {
		var slow *providers.Error
		if !errors.As(err, &slow) || slow.Kind != providers.Throttled {
			return 0, false
		}
		return min(slow.After, longestDelete), true
	})
}

// here deletes on this machine, in an order that can be interrupted and repeated: videos
// first, while their names are known; then the entries; the media that no entry names any
// more; the old ledger file; and the files that were made from the rows.
func (p *purging) here(ctx context.Context) error {
	removed, err := p.campaign.removeVideos(ctx, p.store, p.chosen)
	if err != nil {
		return fail(Bug, err, "nothing of the ledger is purged yet; purge again when the folder can be read and written")
	}
	p.receipt.Videos, p.receipt.VideosLeft = removed.Deleted, removed.Left
	if err := p.forget(ctx); err != nil {
		return ledgerFailure(err)
	}
	// Copies are shared between rows, so they are counted after the entries are gone.
	media, left, err := p.campaign.forgetMedia(ctx, p.store)
	if err != nil {
		return fail(Bug, err, "delete the folder "+mediaFolder+" in the output folder yourself, and purge again")
	}
	if p.receipt.Media = media; left > 0 {
		p.leave(mediaFolder)
	}
	if err := p.forgetForGood(ctx); err != nil {
		return ledgerFailure(err)
	}
	if err := p.forgetLearnt(); err != nil {
		return err
	}
	if err := p.removeCopies(); err != nil {
		return fail(Bug, fmt.Errorf("delete the files that were made from the rows: %w", err), "the ledger is purged; purge again when the folder can be written")
	}
	return nil
}

// removeVideos deletes the downloaded videos of some rows. A file stays if it was changed
// since the download, or may belong to another row.
func (c *Campaign) removeVideos(ctx context.Context, store ledger.Store, entries []ledger.Entry) (sum download.Removed, err error) {
	var names *ledger.Names
	for _, e := range entries {
		trusted := e
		if e.Assumed() {
			if names == nil {
				if names, err = ledger.NamesOf(ctx, store); err != nil {
					return sum, err
				}
			}
			trusted = names.Trusted(e)
		}
		done, err := download.Remove(c.path("videos"), e, trusted.Files())
		sum.Deleted, sum.Left = sum.Deleted+done.Deleted, sum.Left+done.Left
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// forget purges the entries by events. A planned row is cancelled first, so that no run
// sends it.
func (p *purging) forget(ctx context.Context) error {
	now := time.Now()
	for part := range slices.Chunk(p.chosen, rowsAtOnce) {
		var changes []ledger.Change
		for _, e := range part {
			event := ledger.Event{Kind: ledger.Purge, At: now, By: ledger.ByPerson}
			version := e.Version
			// Only settled entries can be purged, and this one would otherwise be sent by
			// the next run.
			if e.State == ledger.Planned {
				cancel := event
				cancel.Kind = ledger.Cancel
				changes = append(changes, ledger.Change{Key: e.Key, Version: version, Event: cancel})
				version++
				p.receipt.Cancelled++
			}
			changes = append(changes, ledger.Change{Key: e.Key, Version: version, Event: event})
			p.receipt.Keys = append(p.receipt.Keys, ledger.PurgedKey(p.id, e.Key))
		}
		if _, err := p.store.Apply(ctx, changes...); err != nil {
			return err
		}
	}
	p.receipt.Purged = len(p.receipt.Keys)
	return nil
}

// refused reports whether the record of a refused row is removed. All are, unless rows
// were chosen.
func (p *purging) refused(key string) bool {
	return len(p.options.Rows) == 0 || slices.Contains(p.options.Rows, key)
}

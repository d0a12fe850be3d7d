package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/report"
)

// purgeFlags choose what is forgotten, and where.
type purgeFlags struct {
	rows  []string
	local bool
	yes   bool
}

func (a *app) purgeCommand() *cobra.Command {
	var cf campaignFlags
	var f purgeFlags
	c := &cobra.Command{
		Use:   "purge CAMPAIGN",
		Short: "Forget what the rows said, and delete their videos",
		Long: `Forget what the rows said, and delete their videos.

Deleted here: the values, links and reasons of settled rows, their downloaded
videos, the copies of pictures and sounds that they named by web addresses, and
every file in the output folder that was made from them: results, reports, the
ledger's backup. A file that the ledger did not make, or that was changed since,
is left, and the receipt names it.
Deleted at the service: the finished videos, where it has a way to delete them.
Kept: amounts, times, the service's job numbers, and of each key a hash, by which
a later run knows the row and does not buy it again. Rows that were not sent yet
are cancelled. Rows whose end is open are left: settle them first.

The sheet, the campaign and your own copies are not touched.`,
		Example: "  reelmerge purge campaign.yaml\n  reelmerge purge campaign.yaml --row C00147 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.purge(c.Context(), s, f)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.StringArrayVar(&f.rows, "row", nil, "only the row with this `key`; may be repeated")
	flags.BoolVar(&f.local, "local", false, "delete nothing at the service")
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return c
}

// purging is one purge under way.
type purging struct {
	app     *app
	setup   *setup
	flags   purgeFlags
	store   ledger.Store
	keeper  ledger.Keeper
	id      string            // of the ledger
	deleter providers.Deleter // nil: nothing is deleted at the service
	chosen  []ledger.Entry
	outside []string // what was made elsewhere, which is the person's own
	receipt receiptJSON
}

func (a *app) purge(ctx context.Context, s *setup, f purgeFlags) error {
	if err := s.isWhere(ledgerFile); err != nil {
		return err
	}
	store, err := s.existingBooks(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	keeper, err := keeperOf(store)
	if err != nil {
		return err
	}
	p := &purging{app: a, setup: s, flags: f, store: store, keeper: keeper}
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
	if err := p.here(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return p.report()
}

// choose lists the rows to forget; those whose end is open are only counted.
func (p *purging) choose(ctx context.Context) error {
	summary, err := p.store.Summary(ctx)
	if err != nil {
		return ledgerFailure(err)
	}
	p.id = summary.Identity.ID
	p.receipt = receiptJSON{Campaign: p.setup.Name, Ledger: p.id, At: time.Now().UTC(), Credits: report.CreditsOf(summary.Books), Left: []string{}}
	for e, err := range p.store.Entries(ctx, ledger.Query{Keys: p.keys()}) {
		switch {
		case err != nil:
			return ledgerFailure(err)
		case e.State.Open():
			p.receipt.LeftOpen++
		case e.Purged:
			p.receipt.PurgedBefore++
		default:
			p.chosen = append(p.chosen, e)
		}
	}
	if len(p.flags.rows) > 0 && len(p.chosen)+p.receipt.LeftOpen+p.receipt.PurgedBefore == 0 {
		return fail(exitUsage, fmt.Errorf("the ledger has none of the rows %q", p.flags.rows), "reelmerge results writes a sheet with every key")
	}
	return nil
}

// keys are the chosen rows, under the names that the ledger may know them by.
func (p *purging) keys() (keys []string) {
	for _, key := range p.flags.rows {
		keys = append(keys, key, ledger.PurgedKey(p.id, key))
	}
	return keys
}

// count is how many of the chosen rows are in a state.
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
	a := p.app
	a.say("%s will be forgotten for good: values, links and videos. What was paid is kept.", wording.Plural(len(p.chosen), "row"))
	if n := p.count(ledger.Planned); n > 0 {
		a.say("not sent yet, and never to be: %s", wording.Count(n))
	}
	if n := p.receipt.LeftOpen; n > 0 {
		a.say("left, because their end is open: %s; see: %s", wording.Count(n), p.setup.command("status"))
	}
	a.say("%s", p.serviceLine())
	return a.seek(ctx, consent{
		p.flags.yes || p.setup.isTest() && !a.interactive(), "purging cannot be taken back", "Forget them?", "nothing was forgotten",
	})
}

func (p *purging) serviceLine() string {
	title := p.setup.title()
	switch {
	case p.flags.local:
		return "At " + title + " nothing is deleted (--local)."
	case !p.setup.canDelete():
		return title + " offers no way to delete: what was sent there, and the videos, stay there. Ask its support."
	}
	return fmt.Sprintf("To be deleted at %s: %s.", title, wording.Plural(p.count(ledger.Succeeded), "video"))
}

// canDelete reports whether the service can delete at all. No call is made.
func (s *setup) canDelete() bool {
	provider, err := s.service.New(providers.Config{BaseURL: "https://service.invalid", Token: "unused", WebhookSecret: "unused"})
	_, ok := provider.(providers.Deleter)
	return ok && err == nil
}

// reach connects to the service if something is to be deleted there.
func (p *purging) reach() (*client, error) {
	if p.flags.local || !p.setup.canDelete() || p.count(ledger.Succeeded) == 0 {
		return nil, nil
	}
	config, err := p.app.access(p.setup)
	if err != nil {
		return nil, err
	}
	client, err := p.app.connect(p.setup, config)
	if err != nil {
		return nil, err
	}
	p.deleter, _ = client.provider.(providers.Deleter)
	return client, nil
}

// atService deletes finished videos there. A row whose video could not be deleted
// is not forgotten here either, so that purging again tries it again.
func (p *purging) atService(ctx context.Context) error {
	if p.deleter == nil {
		p.receipt.Service.NotDeleted = p.count(ledger.Succeeded)
		return nil
	}
	var kept []ledger.Entry
	for _, e := range p.chosen {
		if ctx.Err() != nil {
			return exit(signalCode(ctx))
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
	case kind == providers.NotFound:
		p.receipt.Service.Gone++
	case kind == providers.Invalid:
		p.receipt.Service.NotDeleted++
	default:
		p.receipt.Service.Failed++
		p.app.say("row %d: the video could not be deleted at the service: %v", e.Row, err)
		return false
	}
	return true
}

const (
	deletions     = 5 // tries while the service asks to slow down
	longestDelete = time.Minute
)

// delete waits as the service asks; it may be repeated freely.
func (p *purging) delete(ctx context.Context, e ledger.Entry) (err error) {
	for range deletions {
		call, cancel := context.WithTimeout(ctx, longestDelete)
		err = p.deleter.Delete(call, e.Operation, e.Ticket)
		cancel()
		var slow *providers.Error
		if !errors.As(err, &slow) || slow.Kind != providers.Throttled {
			return err
		}
		select {
		case <-time.After(min(max(slow.After, time.Second), longestDelete)):
		case <-ctx.Done():
			return err
		}
	}
	return err
}

// here deletes on this machine: videos first, while their names are known, then
// the entries, the media that no entry names any more, the ledger's memory of all
// that, and what was made from it.
func (p *purging) here(ctx context.Context) error {
	removed, err := p.setup.removeVideos(ctx, p.store, p.chosen)
	if err != nil {
		return fail(exitBug, err, "nothing of the ledger is purged yet; purge again when the folder can be written")
	}
	p.receipt.Videos, p.receipt.VideosLeft = removed.Deleted, removed.Left
	if err := p.forget(ctx); err != nil {
		return ledgerFailure(err)
	}
	media, left, err := p.setup.forgetMedia(ctx, p.store)
	if err != nil {
		return fail(exitBug, err, "delete the folder "+mediaFolder+" in the output folder yourself, and purge again")
	}
	if p.receipt.Media = media; left > 0 {
		p.leave(mediaFolder)
	}
	if err := p.keeper.Purge(ctx, p.refused); err != nil {
		return ledgerFailure(err)
	}
	if err := p.removeCopies(); err != nil {
		return fail(exitBug, fmt.Errorf("delete what was made from the rows: %w", err), "the ledger is purged; purge again when the folder can be written")
	}
	return nil
}

// removeVideos deletes what was fetched for some rows, and leaves what is not as it
// was fetched, or may be another row's.
func (s *setup) removeVideos(ctx context.Context, store ledger.Store, entries []ledger.Entry) (sum download.Removed, err error) {
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
		done, err := download.Remove(s.path("videos"), e, trusted.Files())
		sum.Deleted, sum.Left = sum.Deleted+done.Deleted, sum.Left+done.Left
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// forget purges the entries; the ledger is to be written anew without them.
func (p *purging) forget(ctx context.Context) error {
	now := time.Now()
	for part := range slices.Chunk(p.chosen, rowsAtOnce) {
		var changes []ledger.Change
		for _, e := range part {
			event, version := ledger.Event{Kind: ledger.Purge, At: now, By: ledger.ByPerson}, e.Version
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

// refused reports whether the record of a refused row is to go: all of them,
// unless rows were chosen.
func (p *purging) refused(key string) bool {
	return len(p.flags.rows) == 0 || slices.Contains(p.flags.rows, key)
}

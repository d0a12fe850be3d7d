package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// handoverFlags are the flags of results that write something else than the sheet.
type handoverFlags struct {
	reelmerge.HandOverOptions
	link   string
	stills bool
}

func (h *handoverFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&h.Tool, "for", "", "write what a mail tool imports, into mail/ beside the ledger: `mailchimp|hubspot|csv`; csv is for any other tool")
	flags.StringVar(&h.OnePer, "one-per-address", "", "with --for: where rows have one address, hand over the `first|last` of them")
	flags.StringVar(&h.link, "link", "video", "with --for: link to the `video|page`; the page is the service's, where it gives one")
	flags.BoolVar(&h.stills, "stills", false, "make a still of each video that was fetched, with a play mark, into stills/ beside the ledger; needs ffmpeg")
	flags.BoolVar(&h.GIFs, "gifs", false, "make a short GIF of each, of 1 MB at most, into gifs/; with --for, the mail shows it")
}

// asked reports whether something else than the sheet is to be written.
func (h *handoverFlags) asked() bool { return h.Tool != "" || h.stills || h.GIFs }

// check refuses flags that contradict each other.
func (h *handoverFlags) check(o reelmerge.ResultsOptions) error {
	h.Page = h.link == "page"
	switch {
	case !slices.Contains([]string{"video", "page"}, h.link):
		return fail(exitUsage, fmt.Errorf("--link %q is not usable", h.link), "write video or page")
	case h.Tool == "" && (h.OnePer != "" || h.Page):
		return fail(exitUsage, errors.New("--one-per-address and --link are for --for"), "add --for mailchimp, hubspot or csv")
	case h.asked() && (o.Path != "" || o.Mailable):
		return fail(exitUsage, errors.New("--for, --stills and --gifs write no sheet, so --out and --send-ready do not go with them"), "run results twice")
	}
	return nil
}

// handedOver is the JSON of what was made.
type handedOver struct {
	Campaign string                `json:"campaign"`
	Stills   *reelmerge.Pictures   `json:"stills"`
	GIFs     *reelmerge.Pictures   `json:"gifs"`
	For      *reelmerge.HandedOver `json:"for"`
}

// handOver makes the pictures first, since the file has their links.
func (a *app) handOver(ctx context.Context, c *reelmerge.Campaign, h *handoverFlags) (err error) {
	doc := handedOver{Campaign: c.File().Name}
	code := exitDone
	if h.stills {
		doc.Stills, err = a.pictures(ctx, c, "stills", reelmerge.PicturesOptions{})
	}
	if err == nil && h.GIFs {
		doc.GIFs, err = a.pictures(ctx, c, "GIFs", reelmerge.PicturesOptions{GIFs: true})
	}
	if err == nil && h.Tool != "" {
		doc.For, err = a.handTo(ctx, c, h.HandOverOptions)
	}
	if err != nil {
		return err
	}
	for _, p := range []*reelmerge.Pictures{doc.Stills, doc.GIFs} {
		if p != nil && len(p.Failed) > 0 {
			code = exitRows
		}
	}
	if f := doc.For; f != nil {
		code = max(code, mailCode(reelmerge.Written{Changed: f.Changed, Problems: f.Problems + len(f.Left)}))
	}
	if a.json {
		return cmp.Or(a.printJSON(doc), exit(code))
	}
	return cmp.Or(a.printHandedOver(doc), exit(code))
}

// handTo hands over. If it is not clear which column has the addresses, a person is asked.
func (a *app) handTo(ctx context.Context, c *reelmerge.Campaign, o reelmerge.HandOverOptions) (*reelmerge.HandedOver, error) {
	done, err := c.HandOver(ctx, o)
	unclear, ok := errors.AsType[*reelmerge.AddressError](err)
	if !ok || !a.interactive() || len(unclear.Candidates) == 0 {
		return done, err
	}
	o.Address = a.question(ctx, "Which column has the addresses: "+strings.Join(unclear.Candidates, ", ")+"?")
	if o.Address == "" {
		return nil, err
	}
	return c.HandOver(ctx, o)
}

// tellEvery is how often the progress of a long work is told.
const tellEvery = 5 * time.Second

// pictures makes pictures, and tells how far it is.
func (a *app) pictures(ctx context.Context, c *reelmerge.Campaign, what string, o reelmerge.PicturesOptions) (*reelmerge.Pictures, error) {
	tell := telling(a)
	o.Progress = func(done, total int) { tell(what, done, total) }
	return c.MakePictures(ctx, o)
}

// telling returns what tells how far a long work is, now and then.
func telling(a *app) func(what string, done, total int) {
	told := time.Now()
	return func(what string, done, total int) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			a.say("%s: %s of %s", what, wording.Count(done), wording.Count(total))
		}
	}
}

func (a *app) printHandedOver(doc handedOver) error {
	a.printPictures("still", doc.Stills)
	a.printPictures("GIF", doc.GIFs)
	f := doc.For
	if f == nil {
		return nil
	}
	for _, left := range f.Left {
		a.say("row %d: %s; %s", left.Row, left.Reason, left.WhatToDo)
	}
	for _, path := range []string{f.File, f.Snippet} {
		if _, err := fmt.Fprintln(a.out, wording.Clean(path)); err != nil {
			return err
		}
	}
	a.say("%s for %s, by the addresses in %s; left out: %s", wording.Plural(f.Rows, "row"), f.Tool, f.Address, wording.Count(len(f.Left)))
	if f.Rows > 0 {
		a.say("pictures: %s of yours, %s of the service, %s without", wording.Count(f.Images.Own), wording.Count(f.Images.Service), wording.Count(f.Images.None))
	}
	return nil
}

func (a *app) printPictures(what string, p *reelmerge.Pictures) {
	if p == nil {
		return
	}
	for _, f := range p.Failed {
		a.say("row %d: %s; %s", f.Row, f.Reason, f.WhatToDo)
	}
	a.say("%s in %s: %s made, %s there already", wording.Plural(p.Made+p.Kept, what), p.Folder, wording.Count(p.Made), wording.Count(p.Kept))
	if p.Absent > 0 {
		a.say("videos that are not on this machine: %s; run fetches them where output.download is on", wording.Count(p.Absent))
	}
}

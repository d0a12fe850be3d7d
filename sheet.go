package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/pinned"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// sheetFolder has the copies of a sheet that is at a web address. Rows are read from them
// alone.
const sheetFolder = "sheet"

// copies are those of the campaign's sheet.
func (c *Campaign) copies() *pinned.Folder { return pinned.New(c.path(sheetFolder), c.made()) }

// useCopy has the campaign read the newest copy of its sheet, if the sheet is at an address
// and was fetched before.
func (c *Campaign) useCopy() {
	if there := c.copiesThere(); len(there) > 0 {
		c.file.Rows.File = c.copies().Path(there[0])
	}
}

// copiesThere are the copies of the sheet, the newest first.
func (c *Campaign) copiesThere() []pinned.Copy {
	if c.file.Rows.Link.Empty() {
		return nil
	}
	there, err := c.copies().Copies(c.file.Rows.Link.Written())
	if err != nil {
		c.note("note: what is known of copies of the sheet cannot be read: %v", err)
	}
	return there
}

// sheetName is what messages call the sheet; empty: by its path.
func (c *Campaign) sheetName() string {
	if c.file.Rows.Link.Empty() {
		return ""
	}
	return c.file.Rows.Shown()
}

// sheetBase is the sheet in few words.
func (c *Campaign) sheetBase() string { return cmp.Or(c.sheetName(), filepath.Base(c.file.Rows.File)) }

// fetchSheet asks the address of the sheet once, at the start of an operation, and has the
// campaign read what came. With stay, it reads the newest copy and does not ask.
func (c *Campaign) fetchSheet(ctx context.Context, stay bool) error {
	link := c.file.Rows.Link
	switch {
	case link.Empty() && stay:
		return fail(Usage, errors.New("--pinned goes on with the copy of a sheet, and the sheet of this campaign is at no web address"), "leave --pinned out: the file is read as it is")
	case link.Empty():
		return nil
	case stay:
		return c.stay()
	}
	err := c.askSheet(ctx)
	if _, ours := errors.AsType[*Error](err); err == nil || ours {
		return err
	}
	return refuseSheet(err)
}

// askSheet asks the address of the sheet. Where it gives none, the error is a
// [*sources.FileError], and the campaign still reads the copy of before, if there is one.
func (c *Campaign) askSheet(ctx context.Context) error {
	link := c.file.Rows.Link
	address, problems := c.file.SheetLink(c.options.Getenv)
	if problems.HasErrors() {
		return refused(problems)
	}
	c.note("fetching the sheet from %s", link)
	copied, err := c.copies().Fetch(ctx, pinned.Request{
		Written: link.Written(), Address: pinned.Export(address, c.file.Rows.Sheet != ""), Vet: c.isSheet,
	})
	if err != nil {
		return c.notFetched(ctx, err)
	}
	c.file.Rows.File = c.copies().Path(copied)
	return nil
}

// stay goes on with the newest copy. One that was changed by hand is refused: a later plan
// would not say what changed.
func (c *Campaign) stay() error {
	there := c.copiesThere()
	if len(there) == 0 {
		return refuseSheet(c.noSheet("no copy of the sheet is here yet", "leave --pinned out once: the sheet is fetched then"))
	}
	if err := c.copies().Vet(there[0]); err != nil {
		return refuseSheet(c.noSheet(err.Error(), "leave --pinned out: the sheet is fetched again"))
	}
	c.file.Rows.File = c.copies().Path(there[0])
	return nil
}

// sheetThere fetches the sheet for an operation that is content with any copy of it.
func (c *Campaign) sheetThere(ctx context.Context) error {
	if c.file.Rows.File != "" {
		return nil
	}
	return c.fetchSheet(ctx, false)
}

// isSheet refuses a file that is no sheet, so that it takes the place of no copy.
func (c *Campaign) isSheet(path string) error {
	rows, err := sources.Open(path, c.sheetOptions())
	if err != nil {
		return err
	}
	return rows.Close()
}

func (c *Campaign) noSheet(message, hint string) *sources.FileError {
	return &sources.FileError{Code: "ROW-ADDRESS", Path: c.file.Rows.Shown(), Message: message, Hint: hint}
}

// notFetched gives the error of a fetch its cause and its cure.
func (c *Campaign) notFetched(ctx context.Context, err error) error {
	why, known := errors.AsType[*pinned.Error](err)
	_, noSheet := errors.AsType[*sources.FileError](err)
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case noSheet:
		return err
	case !known:
		return unwritable(err)
	}
	hint := why.Cure
	if there := c.copiesThere(); len(there) > 0 {
		hint += "; or add --pinned, which goes on with the copy of " + wording.Moment(there[0].Asked, time.Now())
	}
	return c.noSheet(why.Why, hint)
}

// fetchSheet fetches the sheet of a run. If that fails, the run plans with the copy of
// before, follows the jobs that are in flight, and sends nothing: rows that were taken off
// the sheet since must not be paid for.
func (r *running) fetchSheet(ctx context.Context) error {
	c := r.campaign
	if c.file.Rows.Link.Empty() || r.chosen.Pinned {
		if err := c.fetchSheet(ctx, r.chosen.Pinned); err != nil {
			return err
		}
		return c.holdCopy()
	}
	err := c.askSheet(ctx)
	fault, unfetched := errors.AsType[*sources.FileError](err)
	switch {
	case unfetched && c.file.Rows.File == "":
		return fail(Held, fmt.Errorf("the sheet could not be fetched: %s", fault.Problem().Message), fault.Hint)
	case unfetched:
		r.unfetched = fault
		c.note("the sheet could not be fetched: %s; what is being made is followed, and nothing new is sent", fault.Problem().Message)
	case err != nil:
		return err
	}
	return c.holdCopy()
}

// holdCopy keeps the copy that a run reads until the next run.
func (c *Campaign) holdCopy() error {
	there := c.copiesThere()
	if len(there) == 0 {
		return nil
	}
	if err := c.copies().Hold(there[0]); err != nil {
		return unwritable(err)
	}
	return nil
}

// holdBack keeps a run that could not fetch its sheet from sending anything.
func (r *running) holdBack(plan *engine.Plan) {
	if r.unfetched == nil {
		return
	}
	plan.Ready = nil
	clear(plan.Sendable)
}

// tellUnfetched says why a run sent nothing.
func (r *running) tellUnfetched(out *engine.Outcome) {
	if r.unfetched != nil && out.Held == "" {
		out.Held = "the sheet could not be fetched: " + r.unfetched.Problem().Message
		out.HeldFor = engine.HoldSheet
	}
}

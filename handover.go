package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/handover"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// mailFolder is where the files for mail tools go.
const mailFolder = "mail"

// HandOverOptions say for which tool rows are handed over, and which of them.
type HandOverOptions struct {
	Tool    string    // mailchimp, hubspot or csv
	Address string    // the column with the addresses; empty: the campaign's, or the only one
	OnePer  string    // which row of an address goes along: first or last; empty: none of them
	Page    bool      // link to the service's page that shows the video, where there is one
	GIFs    bool      // the pictures are the GIFs; else the stills
	Until   time.Time // the time until which the links must last; zero for now
}

// HandedOver says what was handed over.
type HandedOver struct {
	Tool     string     `json:"tool"`
	File     string     `json:"file"`
	Snippet  string     `json:"snippet"`
	Address  string     `json:"address_column"`
	Rows     int        `json:"rows"` // in the file
	Images   HandedArt  `json:"images"`
	Left     []NotGiven `json:"left_out"`
	Changed  int        `json:"changed"`      // rows that are not as they were bought
	Problems int        `json:"has_problems"` // rows with a video that have problems now
}

// HandedArt counts the rows by the picture that their line has.
type HandedArt struct {
	Own     int `json:"own"`     // a still or a GIF, under output.public
	Service int `json:"service"` // the service's thumbnail
	None    int `json:"none"`
}

// NotGiven is a row that could be mailed, but not by this tool.
type NotGiven struct {
	Row      int    `json:"row"`
	Key      string `json:"key"`
	Reason   string `json:"reason"`
	WhatToDo string `json:"what_to_do"`
}

// HandOver writes the file that a tool for mailings imports, with the rows that can be
// mailed: those that [ResultsOptions.Mailable] would choose. Beside it is the HTML for the
// mail. A row whose values the tool would refuse or cut is left out and named.
func (c *Campaign) HandOver(ctx context.Context, o HandOverOptions) (*HandedOver, error) {
	tool, err := c.mayHandOver(o)
	if err != nil {
		return nil, err
	}
	h := &handing{campaign: c, options: o, tool: tool, done: &HandedOver{Tool: o.Tool, Left: []NotGiven{}}}
	if h.done.Address, err = c.addressColumn(ctx, o.Address); err != nil {
		return nil, err
	}
	if h.mail, err = c.lookAtLinks(ctx, o.Until); err != nil {
		return nil, err
	}
	defer h.mail.client.close()
	if err := h.collect(ctx); err != nil {
		return nil, err
	}
	return h.done, h.write()
}

// mayHandOver refuses what can never be handed over, before anything is read.
func (c *Campaign) mayHandOver(o HandOverOptions) (tool handover.Tool, err error) {
	tool, known := handover.Find(o.Tool)
	if !known {
		var names []string
		for _, t := range handover.Tools() {
			names = append(names, t.Name)
		}
		return tool, fail(Usage, fmt.Errorf("--for %q: there is no such tool", o.Tool), "the tools are: "+strings.Join(names, ", ")+"; csv is for any other one")
	}
	if !slices.Contains([]string{"", "first", "last"}, o.OnePer) {
		return tool, fail(Usage, fmt.Errorf("--one-per-address %q is not usable", o.OnePer), "write first or last: which row of an address goes along")
	}
	if err := c.vetResults(ResultsOptions{Mailable: true}); err != nil {
		return tool, err
	}
	for _, path := range []string{tool.File, handover.SnippetFile} {
		// The folder may be missing, so only the file is looked at.
		if err := c.made().Allows(c.path(filepath.Join(mailFolder, path))); err != nil {
			return tool, unwritable(err)
		}
	}
	return tool, nil
}

// handing is a handing over that is being done.
type handing struct {
	campaign *Campaign
	options  HandOverOptions
	tool     handover.Tool
	mail     *mailing
	art      map[string]string // the name of the picture of each row, by its key
	lines    []handedRow
	done     *HandedOver
}

// handedRow is a line of the file with the row that it is of.
type handedRow struct {
	handover.Row
	number int
	key    string
}

// collect goes through the sheet for the rows that can be mailed.
func (h *handing) collect(ctx context.Context) (err error) {
	c := h.campaign
	store, err := c.peekExisting(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if h.art, err = c.picturesThere(ctx, store, kindOf(h.options.GIFs)); err != nil {
		return err
	}
	planner, err := c.openBeside(store)
	if err != nil {
		return err
	}
	defer planner.Rows.Close()
	column := slices.Index(columnNames(planner.Rows), h.done.Address)
	for row, err := range c.joined(ctx, planner, store) {
		switch {
		case err != nil && ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return ledgerFailure(err)
		case row.Status == report.StatusChanged:
			h.done.Changed++
		}
		number := row.Row
		if !h.mail.ready(&row.RowResult) {
			continue
		}
		address := ""
		if column < len(row.cells) {
			address = strings.TrimSpace(row.cells[column])
		}
		h.take(handedRow{h.line(address, *row.Entry), number, row.key})
	}
	h.done.Problems = h.mail.refused
	if h.options.Page {
		h.lookAtPages(ctx)
	}
	h.onePerAddress()
	return nil
}

// line is the line of a row.
func (h *handing) line(address string, e ledger.Entry) handover.Row {
	line := handover.Row{Address: address, Video: e.Result.VideoURL, Page: e.Result.ShareURL, Image: e.Result.ThumbnailURL, Ends: h.ends(e)}
	if h.options.Page && line.Page != "" {
		line.Video = line.Page
		line.Ends = time.Time{} // of the video's own link
	}
	if name := h.art[e.Key]; name != "" {
		line.Image = h.campaign.file.Output.Public + url.PathEscape(name)
	}
	return line
}

// ends is when the link of a video stops working: as the link says, or as the service does
// of all its links. Zero: neither says so.
func (h *handing) ends(e ledger.Entry) time.Time {
	if at := expiry(e.Result.VideoURL); !at.IsZero() {
		return at
	}
	links := h.campaign.checker.Traits().Links
	made := slices.IndexFunc(e.History, func(m ledger.Moment) bool { return m.Kind == ledger.Succeed })
	if links.Lasts == 0 || links.Renewed || made < 0 {
		return time.Time{}
	}
	return e.History[made].At.Add(links.Lasts)
}

// take keeps a line, or the reason why the tool would not take it.
func (h *handing) take(r handedRow) {
	if fault, cure := h.tool.Fault(r.Row); fault != "" {
		h.leave(r, fault, cure)
		return
	}
	h.lines = append(h.lines, r)
}

func (h *handing) leave(r handedRow, reason, cure string) {
	h.done.Left = append(h.done.Left, NotGiven{r.number, r.key, reason, cure})
}

// lookAtPages leaves out rows whose page does not answer; their videos were looked at.
func (h *handing) lookAtPages(ctx context.Context) {
	dead := make([]bool, len(h.lines))
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for i, r := range h.lines {
		if r.Video != r.Page {
			continue
		}
		group.Go(func() error {
			link, err := h.mail.check.Links.Look(ctx, r.Page)
			dead[i] = err != nil || !link.Alive
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	all := h.lines
	h.lines = nil
	for i, r := range all {
		if dead[i] {
			h.leave(r, "the page that shows its video does not answer", "leave --link page out, or try again later")
		} else {
			h.lines = append(h.lines, r)
		}
	}
}

// onePerAddress sees to it that no address stands in two lines: tools keep one line of
// each, and do not say which.
func (h *handing) onePerAddress() {
	byAddress := map[string][]handedRow{}
	for _, r := range h.lines {
		same := handover.SameAddress(r.Address)
		byAddress[same] = append(byAddress[same], r)
	}
	all := h.lines
	h.lines = nil
	for _, r := range all {
		rows := byAddress[handover.SameAddress(r.Address)]
		chosen := map[string]handedRow{"first": rows[0], "last": rows[len(rows)-1]}[h.options.OnePer]
		switch {
		case len(rows) == 1 || chosen.number == r.number:
			h.lines = append(h.lines, r)
		case h.options.OnePer != "":
			h.campaign.note("row %d: %s is the address of row %d too, which goes along (--one-per-address %s)", r.number, r.Address, chosen.number, h.options.OnePer)
		default:
			h.leave(r, fmt.Sprintf("%s is the address of rows %s", r.Address, numbersOf(rows)), "keep one row of each address: --one-per-address first, or last")
		}
	}
	slices.SortStableFunc(h.done.Left, func(a, b NotGiven) int { return a.Row - b.Row })
}

// numbersOf lists the numbers of rows, as "2, 7".
func numbersOf(rows []handedRow) string {
	const most = 10
	var text []string
	for _, r := range rows[:min(most, len(rows))] {
		text = append(text, fmt.Sprint(r.number))
	}
	if len(rows) > most {
		text = append(text, "…")
	}
	return strings.Join(text, ", ")
}

// write writes the file and the HTML.
func (h *handing) write() (err error) {
	rows := make([]handover.Row, len(h.lines))
	for i, r := range h.lines {
		rows[i] = r.Row
		switch {
		case h.art[r.key] != "":
			h.done.Images.Own++
		case r.Image != "":
			h.done.Images.Service++
		default:
			h.done.Images.None++
		}
	}
	h.done.Rows = len(rows)
	c := h.campaign
	own := h.done.Images.Own == len(rows)
	h.done.File, err = c.write(output{path: c.path(filepath.Join(mailFolder, h.tool.File)), named: true}, func(w io.Writer) error { return h.tool.Write(w, rows) })
	if err == nil {
		h.done.Snippet, err = c.write(output{path: c.path(filepath.Join(mailFolder, handover.SnippetFile)), named: true}, func(w io.Writer) error {
			_, err := io.WriteString(w, h.tool.Snippet(own))
			return err
		})
	}
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = fail(Usage, fmt.Errorf("write the files for %s: %w", h.tool.Title, err), "see that the output folder can be written")
	}
	return err
}

// kindOf is the kind of pictures that goes into a mail.
func kindOf(gifs bool) pictureKind {
	if gifs {
		return gifKind
	}
	return stillKind
}

package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// mailing decides which rows can be mailed. If a link has died, it asks the service for a
// new one, which costs nothing; the ledger is not changed.
type mailing struct {
	note     func(format string, args ...any)
	client   *client
	check    report.SendReady
	asked    deaf // the service, for new links
	verdicts map[string]verdict
	mailable map[string]bool // keys of rows that can be mailed
	refused  int             // rows with a video that have problems now
}

// newMailing connects to the service, which is asked for new links only.
func (c *Campaign) newMailing(until time.Time) (*mailing, error) {
	m := &mailing{note: c.note, mailable: map[string]bool{}}
	m.check.Until = until
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	if m.client, err = c.connect(config); err != nil {
		return nil, err
	}
	m.check.Links = &givingUp{Links: m.client}
	return m, nil
}

// ready reports whether a row can be mailed, and tells the reason if it has a video and
// cannot. A row whose link had died gets a fresh one.
func (m *mailing) ready(row *report.RowResult) bool {
	if row.Entry == nil || row.Entry.State != ledger.Succeeded {
		return false
	}
	reason := m.unlike(row)
	if reason == "" {
		var entry ledger.Entry
		entry, reason = m.found(*row.Entry)
		row.Entry = &entry
	}
	if reason != "" {
		m.note("row %d: %s", row.Row, reason)
		return false
	}
	// Rows that are left out would leave gaps, and the new sheet's rows are numbered
	// anew.
	m.mailable[row.Entry.Key] = true
	row.Row = len(m.mailable) + 1 // below the header, without gaps
	return true
}

// unlike says why the video of a row may differ from the row's present values; empty if
// it does not.
func (m *mailing) unlike(row *report.RowResult) string {
	switch row.Status {
	case report.StatusChanged:
		return row.Reason
	case report.StatusProblems:
		m.refused++
		return "it has problems, so it is not known whether its video still shows what it says"
	case report.StatusLeftOut:
		return "the campaign's filter leaves it out"
	}
	return ""
}

// refresh asks the service for a new link (COL-P6). Links expire; the ticket in the
// ledger does not.
func (c *client) refresh(ctx context.Context, e ledger.Entry) (ledger.Entry, bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	progress, err := c.provider.Poll(ctx, e.Operation, e.Ticket)
	if err != nil || progress.Result.VideoURL == "" || progress.Result.VideoURL == e.Result.VideoURL {
		return e, false
	}
	e.Result.VideoURL, e.Result.ThumbnailURL = progress.Result.VideoURL, progress.Result.ThumbnailURL
	return e, true
}

// refreshing downloads with a fresh link where the old one has expired.
type refreshing struct {
	*download.Folder
	client *client
}

// Fetch implements engine.Files.
func (r refreshing) Fetch(ctx context.Context, e ledger.Entry, claim func(ledger.Fetched) (bool, error)) error {
	err := r.Folder.Fetch(ctx, e, claim)
	if !errors.Is(err, download.ErrGone) {
		return err
	}
	// The service keeps the video longer than its links last.
	fresh, ok := r.client.refresh(ctx, e)
	if !ok {
		return err
	}
	return r.Folder.Fetch(ctx, fresh, claim)
}

// Look implements [report.Links]. It asks for a link's first byte, since not every server
// answers HEAD.
func (c *client) Look(ctx context.Context, link string) (report.Link, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	resp, err := c.links.Get(ctx, link, http.Header{"Range": {"bytes=0-0"}})
	if err != nil {
		return report.Link{}, err
	}
	resp.Body.Close()
	found := report.Link{Alive: resp.StatusCode/100 == 2, Expires: expiry(link), Bytes: max(0, resp.ContentLength)}
	if resp.StatusCode == http.StatusPartialContent {
		found.Bytes = totalOf(resp.Header.Get("Content-Range"))
	}
	return found, nil
}

// totalOf reads the length of the whole file from "bytes 0-0/12345"; 0 if it is not told.
func totalOf(contentRange string) int64 {
	var total int64
	if _, err := fmt.Sscanf(contentRange, "bytes 0-0/%d", &total); err != nil {
		return 0
	}
	return total
}

// expiry reads from a signed link when it expires, in the two forms that object stores
// use; zero if the link does not tell.
func expiry(link string) time.Time {
	u, err := url.Parse(link)
	if err != nil {
		return time.Time{}
	}
	q := u.Query()
	if at, err := strconv.ParseInt(q.Get("Expires"), 10, 64); err == nil {
		return time.Unix(at, 0)
	}
	signed, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	if err != nil {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(q.Get("X-Amz-Expires"), 10, 32)
	if err != nil {
		return time.Time{}
	}
	return signed.Add(time.Duration(seconds) * time.Second)
}

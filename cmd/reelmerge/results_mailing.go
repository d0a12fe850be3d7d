package main

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
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/report"
)

// mailing decides which rows can be mailed. A link that has died is asked for
// again at the service, which costs nothing; the ledger is not touched.
type mailing struct {
	app    *app
	ctx    context.Context
	setup  *setup
	client *client
	check  report.SendReady
	found  int // rows that can be mailed
}

func (a *app) newMailing(ctx context.Context, s *setup, until string) (*mailing, error) {
	m := &mailing{app: a, ctx: ctx, setup: s}
	if until != "" {
		day, err := time.ParseInLocation(time.DateOnly, until, time.Local)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("--until %q is no day", until), "write it as 2026-12-24")
		}
		m.check.Until = day.AddDate(0, 0, 1)
	}
	config, err := a.access(s)
	if err != nil {
		return nil, err
	}
	if m.client, err = a.connect(s, config); err != nil {
		return nil, err
	}
	m.check.Links = m.client
	return m, nil
}

// ready returns the entry, with a fresh link where the old one had died, and
// whether its row can be mailed, and counts those that can.
func (m *mailing) ready(e ledger.Entry) (ledger.Entry, bool) {
	reason, err := m.check.Check(m.ctx, e)
	if (reason != "" || err != nil) && e.State == ledger.Succeeded {
		if fresh, ok := m.client.refresh(m.ctx, e); ok {
			e = fresh
			reason, err = m.check.Check(m.ctx, e)
		}
	}
	switch {
	case err != nil:
		m.app.say("row %d: %v", e.Row, err)
	case reason != "" && e.State == ledger.Succeeded:
		m.app.say("row %d: %s", e.Row, reason)
	case reason == "":
		m.found++
	}
	return e, reason == "" && err == nil
}

// refresh asks the service for a new link (COL-P6). The ledger keeps the ticket,
// which is what lasts.
func (c *client) refresh(ctx context.Context, e ledger.Entry) (ledger.Entry, bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	progress, err := c.provider.Poll(ctx, e.Operation, providers.Ticket(e.Ticket))
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
func (r refreshing) Fetch(ctx context.Context, e ledger.Entry) error {
	err := r.Folder.Fetch(ctx, e)
	if !errors.Is(err, download.ErrGone) {
		return err
	}
	fresh, ok := r.client.refresh(ctx, e)
	if !ok {
		return err
	}
	return r.Folder.Fetch(ctx, fresh)
}

// Look implements [report.Links]: it asks for a link's first byte, since not
// every server answers HEAD.
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

// totalOf reads the length of the whole from "bytes 0-0/12345"; 0 when it does
// not say.
func totalOf(contentRange string) int64 {
	var total int64
	if _, err := fmt.Sscanf(contentRange, "bytes 0-0/%d", &total); err != nil {
		return 0
	}
	return total
}

// expiry reads when a signed link expires from its own text, in the two forms
// that object stores use; zero when it does not say.
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

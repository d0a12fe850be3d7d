package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Limits for looking at links: the number at a time, and the number of links in a row
// without an answer after which a server is not asked again.
const (
	looksAtOnce = 8
	mostDead    = 3
	longAnswer  = 10 * time.Second // a refusal that comes sooner costs no time
)

// verdict is the result for the link of a row.
type verdict struct {
	entry  ledger.Entry // with a fresh link where the old one had died
	reason string       // why it cannot be mailed; empty: it can
}

// lookAtLinks looks at the links of all finished rows. It reads the ledger first and
// closes it: looking takes long, and a run must not wait for it.
func (c *Campaign) lookAtLinks(ctx context.Context, until time.Time) (*mailing, error) {
	entries, err := c.madeRows(ctx)
	if err != nil {
		return nil, err
	}
	m, err := c.newMailing(until)
	if err != nil {
		return nil, err
	}
	// All links are asked before the sheet is written, several at a time.
	m.verdicts = m.judgeAll(ctx, entries)
	if ctx.Err() != nil {
		m.client.close()
		return nil, stopped(ctx)
	}
	return m, nil
}

// judgeAll looks at the links of entries, several at a time.
func (m *mailing) judgeAll(ctx context.Context, entries []ledger.Entry) map[string]verdict {
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	verdicts := map[string]verdict{}
	for _, e := range entries {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			v := m.judge(ctx, e)
			mu.Lock()
			defer mu.Unlock()
			verdicts[e.Key] = v
			return nil
		})
	}
	_ = group.Wait()
	return verdicts
}

// madeRows lists the rows that have a video, without their payloads, which can be large.
func (c *Campaign) madeRows(ctx context.Context) (list []ledger.Entry, err error) {
	store, err := c.peekExisting(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		if e.IsPart() {
			continue
		}
		e.Payload, e.Attempts, e.History = nil, nil, nil
		list = append(list, e)
	}
	return list, nil
}

// judge looks at the link of an entry, and at a fresh one if the service gives one.
func (m *mailing) judge(ctx context.Context, e ledger.Entry) verdict {
	reason, err := m.check.Check(ctx, e)
	if reason != "" || err != nil {
		// Most dead links have only expired.
		if fresh, ok := m.renewed(ctx, e); ok {
			e = fresh
			reason, err = m.check.Check(ctx, e)
		}
	}
	if err != nil {
		reason = err.Error()
	}
	return verdict{e, reason}
}

// renewed asks the service for a fresh link, unless the service has been slow several
// times.
func (m *mailing) renewed(ctx context.Context, e ledger.Entry) (fresh ledger.Entry, ok bool) {
	if m.asked.given("") {
		return e, false
	}
	began := time.Now()
	fresh, ok = m.client.refresh(ctx, e)
	m.asked.note("", !ok && time.Since(began) >= longAnswer)
	return fresh, ok
}

// found returns the verdict on an entry. An entry that has changed since then was not
// judged.
func (m *mailing) found(e ledger.Entry) (ledger.Entry, string) {
	v, known := m.verdicts[e.Key]
	// A run may have settled the row again in the meantime.
	if !known || v.entry.Version != e.Version {
		return e, "it changed while its link was looked at; write the sheet again"
	}
	e.Result = v.entry.Result
	return e, v.reason
}

// deaf counts, for each server, the answers in a row that did not come.
type deaf struct {
	mu      sync.Mutex
	silence map[string]int
}

// note counts an answer or its absence; one answer is enough to trust the server again.
func (d *deaf) note(host string, silent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silence == nil {
		d.silence = map[string]int{}
	}
	if d.silence[host]++; !silent {
		d.silence[host] = 0
	}
}

// given reports whether a server is given up.
func (d *deaf) given(host string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.silence[host] >= mostDead
}

// givingUp looks at links, and skips servers that have stopped answering. One dead server
// with a thousand links would otherwise take hours.
type givingUp struct {
	report.Links
	deaf deaf
}

// Look implements [report.Links].
func (g *givingUp) Look(ctx context.Context, link string) (report.Link, error) {
	host := ""
	if u, err := url.Parse(link); err == nil {
		host = u.Host
	}
	if g.deaf.given(host) {
		return report.Link{}, fmt.Errorf("%q did not answer for %d links in a row, and was given up", host, mostDead)
	}
	found, err := g.Links.Look(ctx, link)
	g.deaf.note(host, err != nil && !errors.Is(err, publicnet.ErrForbidden))
	return found, err
}

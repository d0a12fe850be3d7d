package vidgen

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

const (
	pageSize = 100             // the most that the list gives at a time
	maxPages = 100             // of a list, before a search is given up
	late     = 2 * time.Minute // after the end of a submit, when no job can come of it any more
)

// Find looks for a lost job in the account's list. A job with the row's webhook address is
// that row's. Without webhooks the list shows nothing of ours. But the service runs one job
// at a time: if a single job was created since the submit, and belongs to no row, then it
// came from that submit. This holds only in the account of the submit, so with other
// credentials the list must also show a witness.
//
// The conclusion fails if other rows are lost, too, if the job was created too late to be
// ours, or if the row should have a webhook and the job has none. The answer is then a
// [providers.Conflict] error, and a person must look. A service without a list at the
// configured path cannot be searched. That is an error as well, and no proof of anything.
func (c *Client) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	if l.Request.Operation != Job {
		return nil, rest.Invalid("find", "vidgen has no operation %q", l.Request.Operation)
	}
	span := rest.NewSpan(l)
	recent, err := c.recent(ctx, span)
	if err != nil {
		return nil, err
	}
	s := sorted{lost: l, span: span, until: span.Latest().Add(submitTimeout + late)}
	for _, j := range recent {
		s.add(j)
	}
	return s.verdict()
}

// sorted divides the jobs of a list by what they say about the lost one.
type sorted struct {
	lost  providers.Lost
	span  *rest.Span
	until time.Time // later jobs are not ours

	named   []job.Ticket // with our webhook address
	unnamed []job.Ticket // without any address
	later   bool         // there is one without an address that was created too late
}

// add sorts in one job.
func (s *sorted) add(j jobState) {
	ticket := job.Ticket{Job: j.id()}
	switch reference, tagged := referenceOf(string(j.WebhookURL)); {
	case !rest.Usable(ticket.Job) || s.lost.Taken != nil && s.lost.Taken(ticket.Job):
	case tagged && reference == s.lost.Request.Reference:
		s.named = append(s.named, ticket)
	case j.WebhookURL != "": // another row's, or another program's
	case j.CreatedAt.Time().After(s.until):
		s.later = true
	default:
		s.unnamed = append(s.unnamed, ticket)
	}
}

// verdict draws the conclusion. Each case that leaves room for doubt comes before the one
// that accepts a job.
func (s *sorted) verdict() ([]job.Ticket, error) {
	switch {
	case len(s.named) > 0:
		return s.named, nil
	case len(s.unnamed) == 0 && !s.later:
		return nil, s.span.Nothing()
	case s.lost.Request.Callback != "":
		return nil, s.ambiguous("there is a job without webhook, and this row should have one")
	case len(s.lost.Others) > 0:
		return nil, s.ambiguous("there is a job that could be this row's or another lost row's")
	case len(s.unnamed) == 0:
		return nil, s.ambiguous("there is a job of no row of this campaign, created later than this row's submit could have done")
	case s.lost.Foreign && !s.span.Witnessed():
		return nil, providers.ErrNoWitness
	}
	return s.unnamed, nil
}

// ambiguous returns the error that a job may belong to any of the lost rows.
func (s *sorted) ambiguous(why string) error {
	e := &providers.Error{Kind: providers.Conflict, Call: "find", Message: why}
	for i := range s.lost.Others {
		e.Rivals = append(e.Rivals, i)
	}
	return e
}

// recent reads the list back to the start of a span. The list is newest first, according to
// the documentation.
func (c *Client) recent(ctx context.Context, span *rest.Span) (jobs []jobState, err error) {
	cursor := ""
	for range maxPages {
		page, err := c.page(ctx, cursor)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, page.jobs...)
		if page.read(span) || page.next == "" {
			older := func(j jobState) bool { return !span.Covers(j.CreatedAt.Time()) }
			return slices.DeleteFunc(jobs, older), nil
		}
		// A cursor that stays the same would make the list endless.
		if page.next == cursor {
			break
		}
		cursor = page.next
	}
	return nil, &providers.Error{
		Kind: providers.Contract, Call: "find", Message: fmt.Sprintf("the list of jobs does not end within %d pages", maxPages),
	}
}

// listPage is one page of the list.
type listPage struct {
	jobs   []jobState
	next   string // cursor of the next page; empty at the end
	server time.Time
}

// read shows the jobs of a page to a span. It reports whether the rest of the list is not
// needed.
func (p listPage) read(span *rest.Span) (ends bool) {
	span.Compare(p.server)
	for _, j := range p.jobs {
		span.Shows(j.CreatedAt.Time(), j.id())
		ends = ends || span.Ends(j.CreatedAt.Time())
	}
	return ends
}

// page reads one page of the list.
func (c *Client) page(ctx context.Context, cursor string) (listPage, error) {
	call := c.list.call("find", "")
	call.Query = url.Values{"limit": {strconv.Itoa(pageSize)}}
	if cursor != "" {
		call.Query.Set("cursor", cursor)
	}
	var shown struct {
		Jobs       *[]jobState `json:"jobs"`
		Pagination struct {
			Next rest.Word `json:"nextCursor"`
			More *bool     `json:"hasNextPage"`
		} `json:"pagination"`
	}
	answer, err := c.rest.DoJSON(ctx, call, &shown)
	switch {
	case err != nil:
		return listPage{}, c.noList(err)
	case shown.Jobs == nil:
		return listPage{}, c.rest.Misunderstood(call, answer, "the answer has no list of jobs")
	}
	// An answer may lack the mark of the last page. Then only its cursor tells.
	page := listPage{jobs: *shown.Jobs, server: answer.Server}
	more := shown.Pagination.More
	if more == nil || *more {
		page.next = string(shown.Pagination.Next)
	}
	if more != nil && *more && page.next == "" {
		return listPage{}, c.rest.Misunderstood(call, answer, "the list has a next page and no cursor for it")
	}
	return page, nil
}

// noList turns "not found" into an error about the path, which is a guess. Otherwise it
// would look like proof that there is no such job.
func (c *Client) noList(err error) error {
	e, ok := err.(*providers.Error) //nolint:errorlint // rest returns this type itself
	if ok && (e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed) {
		e.Kind = providers.Contract
		e.Message = "vidgen has no list of jobs at " + c.list.path + ", so lost jobs cannot be looked for; its path may be another one"
	}
	return err
}

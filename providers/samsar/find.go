package samsar

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// mostRequests is the most requests that the list of an external user shows. The vendor's
// published server shows the newest ones, and not those of all operations.
const mostRequests = 48

// asked is one entry of the list. Requests can be told apart only by the fields that it
// has.
type asked struct {
	Request  rest.Word `json:"request_id"`
	Session  rest.Word `json:"session_id"`
	External rest.Word `json:"external_request_id"`
	Prompt   rest.Word `json:"prompt"`
	Pictures rest.Word `json:"image_count"`
	Language rest.Word `json:"target_language"`
	Created  rest.Word `json:"created_at"`
	bill
}

// Find looks for a lost request among those of its external user. Older requests, and
// those that other rows hold, are left out. If some of the rest cannot be told from the
// lost one, or from each other, the answer is an error and not "nothing was created": a
// later search may know more. With other credentials than the request had, the list must
// first show a request that the ledger knows; see [providers.ErrNoWitness].
//
// The plain route has no such list, and edits of outros and footers are on none: for
// those the error is [providers.ErrNotSearchable].
func (c *Client) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	o, known := find(l.Request.Operation)
	if !known || !o.external || !o.listed {
		return nil, fmt.Errorf("find a lost session: %w", providers.ErrNotSearchable)
	}
	in, _, err := read(l.Request.Body)
	if err != nil {
		return nil, rest.Invalid("find", "the request is not one that the check lets pass")
	}
	list, answer, err := c.requestsOf(ctx, in.user())
	if err != nil {
		return nil, err
	}
	span := spanOf(list, l, answer.Server)
	fitting, others := sift(list, o, in, func(a asked) bool {
		ticket := a.ticket()
		return ticket.Job != "" && span.Covers(a.Created.Time()) && !taken(l, ticket)
	})
	switch {
	// With other credentials the list may be that of another account.
	case len(fitting) > 0 && l.Foreign && !span.Witnessed():
		return nil, providers.ErrNoWitness
	case len(fitting) > 0:
		return fitting, nil
	// One of them may be the lost one, if the list shows it in other words.
	case others > 0:
		return nil, unclear(in.user(), l.Others)
	// A full list whose oldest entry is younger than the lost request may have dropped
	// that.
	case len(list) >= mostRequests && span.Covers(list[len(list)-1].Created.Time()):
		return nil, fmt.Errorf("find a lost session: the list is full: %w", providers.ErrNotSearchable)
	}
	return nil, span.Nothing()
}

// spanOf returns the time that the list covers, and whether it shows a known request.
func spanOf(list []asked, l providers.Lost, service time.Time) *rest.Span {
	span := rest.NewSpan(l)
	span.Compare(service)
	for _, a := range list {
		ticket := a.ticket()
		span.Shows(a.Created.Time(), ticket.Job, ticket.Result)
	}
	return span
}

// sift returns the requests that can be the lost one, and the number of others that no
// row holds. loose reports whether no row holds a request.
func sift(list []asked, o operation, in fields, loose func(asked) bool) (fitting []job.Ticket, others int) {
	for _, a := range list {
		switch {
		case !loose(a):
		case a.fits(o, in):
			fitting = append(fitting, a.ticket())
		default:
			others++
		}
	}
	return fitting, others
}

// unclear is the error for requests that look alike. It names the lost rows of the same
// user, which may turn out to hold them.
func unclear(u user, others []providers.Request) error {
	e := &providers.Error{Kind: providers.Conflict, Call: "find", Message: "the user has other requests that no row holds"}
	for i, r := range others {
		if in, _, err := read(r.Body); err == nil && in.user() == u {
			e.Rivals = append(e.Rivals, i)
		}
	}
	return e
}

// requestsOf lists the newest requests of an external user.
func (c *Client) requestsOf(ctx context.Context, u user) ([]asked, rest.Answer, error) {
	query := url.Values{
		"provider": {u.Provider}, "external_user_id": {u.ID}, "unique_key": {u.key()},
		"limit": {strconv.Itoa(mostRequests)},
	}
	call := rest.Call{Name: "find", Method: http.MethodGet, Path: "/external_users/requests", Query: query}
	var list struct {
		Requests []asked `json:"requests"`
	}
	answer, err := c.rest.DoJSON(ctx, call, &list)
	if err == nil && list.Requests == nil {
		err = c.rest.Misunderstood(call, answer, "the answer has no list of requests")
	}
	return list.Requests, answer, err
}

// taken reports whether another row holds a session, under any of its names.
func taken(l providers.Lost, t job.Ticket) bool {
	return l.Taken != nil && (l.Taken(t.Job) || l.Taken(t.Result))
}

func (a asked) ticket() job.Ticket {
	return accepted{Request: a.Request, Session: a.Session, External: a.External}.ticket(true)
}

// fits reports whether a request can be the lost one: no field that the list tells
// differs.
func (a asked) fits(o operation, in fields) bool {
	same := func(told rest.Word, want string) bool {
		return told == "" || want == "" || squeeze(string(told)) == squeeze(want)
	}
	pictures := ""
	if n := len(in.list("image_urls")); n > 0 {
		pictures = strconv.Itoa(n)
	}
	language := ""
	if o.path == "translate_video" {
		language = in.text("language")
	}
	return same(a.Prompt, in.text("prompt")) && same(a.Pictures, pictures) && same(a.Language, language)
}

// squeeze joins runs of spaces, which the service may change.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

// session is one of the account's completed sessions. The list tells its language in a
// misspelt field and in a right one (SAM-G2).
type session struct {
	ID       rest.Word `json:"session_id"`
	Result   rest.Word `json:"result_language"`
	Misspelt rest.Word `json:"langauge"` //nolint:misspell // the service's spelling
	Language rest.Word `json:"language"`
	URL      rest.Word `json:"result_url"`
}

func (s session) language() string { return string(cmp.Or(s.Result, s.Misspelt, s.Language)) }

// MostSessions is the most completed sessions that one call lists. A list of that length
// may leave some out.
const MostSessions = 5000

func (c *Client) completed(ctx context.Context, name string) ([]session, error) {
	call := rest.Call{
		Name: name, Method: http.MethodGet, Path: "/video/list_completed_video_sessions",
		Query: url.Values{"limit": {strconv.Itoa(MostSessions)}},
	}
	var list []session
	answer, err := c.rest.DoJSON(ctx, call, &list)
	if err == nil && list == nil {
		err = c.rest.Misunderstood(call, answer, "the answer is no list of sessions")
	}
	return list, err
}

// Propose lists completed sessions that may be the lost one, for a person to look at:
// those that no row holds, in the language of the request. The list tells neither when
// nor from which prompt a session was made, and shows only finished ones.
func (c *Client) Propose(ctx context.Context, l providers.Lost) ([]providers.Proposal, error) {
	o, known := find(l.Request.Operation)
	in, _, err := read(l.Request.Body)
	if !known || err != nil {
		return nil, rest.Invalid("propose", "the request is not one that the check lets pass")
	}
	if o.external {
		return nil, fmt.Errorf("propose a lost session: %w", providers.ErrNotSearchable)
	}
	list, err := c.completed(ctx, "propose")
	if err != nil {
		return nil, err
	}
	wanted := in.text("language")
	var all []providers.Proposal
	for _, s := range list {
		ticket := job.Ticket{Job: string(s.ID), Result: string(s.ID)}
		other := wanted != "" && wanted != "auto" && s.language() != "" && s.language() != wanted
		if !rest.Usable(ticket.Job) || other || taken(l, ticket) {
			continue
		}
		all = append(all, providers.Proposal{
			Ticket: ticket, VideoURL: string(s.URL),
			Why: "it is completed, in " + cmp.Or(s.language(), "a language that is not told") + ", and no row of this campaign holds it",
		})
	}
	return all, nil
}

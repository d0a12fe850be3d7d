// Package samsar is the client of Samsar's video API.
//
// The service makes videos from prompts or pictures, and copies of finished ones with
// another outro, footer, language or subtitles. All of its paid calls have one shape, so
// they are rows of one table; most have a twin that an external user pays with credits of
// their own.
//
// It charges by the second, partly as stages finish, and never says that it gives
// anything back. The plain route lists completed sessions only, without time or prompt.
// If the answer of a submit was lost there, sessions can only be proposed to a person.
// The route of external users lists the requests themselves, so a lost one can be found
// there.
//
// operations.go has the table; checker.go, rules.go and price.go are the pure half, with
// fields.go for the request; client.go submits and polls, api.go has the answers, find.go
// searches for lost sessions, webhook.go reads webhooks, and assets.go and audit.go ask
// the account.
//
// Rule ids such as SAM-O2 are those of the documentation of problems: SAM-V is about
// values, SAM-O outros, SAM-F footers, SAM-C calls to action, SAM-I pictures, SAM-J
// joining, SAM-S edits of a session, SAM-$ prices, and SAM-G about points that the
// service's documentation contradicts or leaves open.
package samsar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Name is the service's name in campaigns and tickets.
const Name = "samsar"

const baseURL = "https://api.samsar.one/v1"

// submitTimeout is long, because the service fetches the pictures of a list during the
// call, which can take three minutes (SAM-I2). A timeout would make each such row a lost
// one.
const submitTimeout = 4 * time.Minute

// Service describes Samsar for the list of services.
func Service() providers.Service {
	return providers.Service{
		Name: Name, Title: "Samsar", BaseURL: baseURL,
		TokenHint:  "Samsar, Account, API keys",
		Operations: described(),
		NewChecker: func(operation string, p providers.Prices) (providers.Checker, error) {
			return NewChecker(operation, p)
		},
		New: func(c providers.Config) (providers.Provider, error) { return New(c) },
	}
}

// Client speaks to Samsar. It is safe for concurrent use.
type Client struct {
	rest   *rest.Client
	secret []byte // of our own signature in webhook addresses; empty when there is none
	prices catalogue
}

// New returns a client for one account.
func New(c providers.Config) (*Client, error) {
	if c.Token == "" {
		return nil, errors.New("connect to samsar: the token is empty")
	}
	// The client needs the prices to compare them with those that the service publishes.
	prices, err := newCatalogue(c.Prices)
	if err != nil {
		return nil, fmt.Errorf("connect to samsar: %w", err)
	}
	plumbing, err := rest.New(c, rest.Options{
		BaseURL:       baseURL,
		Credentials:   http.Header{"Authorization": {"Bearer " + c.Token}},
		SubmitTimeout: submitTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to samsar: %w", err)
	}
	return &Client{rest: plumbing, secret: []byte(c.WebhookSecret), prices: prices}, nil
}

// Submit orders one session. It is a paid call, so it is sent once and never repeated
// here. Both names of the session are kept: the request's, which asks for its status, and
// the session's, which edits it (SAM-G10).
func (c *Client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	o, known := find(r.Operation)
	if !known {
		return providers.Receipt{}, rest.Invalid("submit", "samsar has no operation %q", r.Operation)
	}
	in, problems, err := read(r.Body)
	if err != nil || len(problems) > 0 {
		return providers.Receipt{}, rest.Invalid("submit", "the request is not one that the check lets pass")
	}
	body, err := o.body(in, c.webhook(r))
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "write request: %v", err)
	}
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, Path: o.route(), Paid: true, Private: private(in),
	}.JSON(body)
	var made accepted
	answer, err := c.rest.DoJSON(ctx, call, &made)
	if err != nil {
		return providers.Receipt{}, err
	}
	// An accepted session without a name cannot be asked for. The error leaves the row in
	// doubt, so that it is searched for instead of being sent again.
	ticket := made.ticket(o.external)
	if ticket.Job == "" {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no session")
	}
	return providers.Receipt{
		Ticket: ticket, Held: held(made, answer.Header), Rate: answer.Rate,
	}, nil
}

// held is the amount that the service says it took when it accepted a request. Zero says
// nothing about the price: newer servers take the credits stage by stage.
func held(made accepted, header http.Header) credit.Charge {
	amount, told := made.charged()
	if !told {
		parsed, err := credit.Parse(strings.TrimSpace(header.Get("x-credits-charged")))
		amount = parsed
		told = err == nil
	}
	if !told || amount <= 0 {
		return credit.Charge{}
	}
	return credit.Charge{Amount: amount, Basis: credit.Observed}
}

// Poll asks for a session's status. If a finished session shows no link, it asks for the
// latest version as well. Neither call changes anything.
//
// The error [providers.NotFound] does not mean that the session does not exist: the
// service answers so for a moment when it is in trouble.
func (c *Client) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	o, known := find(operation)
	if !known {
		return providers.Progress{}, rest.Invalid("poll", "samsar has no operation %q", operation)
	}
	call := rest.Call{
		Name: "poll", Method: http.MethodGet, Path: o.statusRoute(), Query: url.Values{"request_id": {t.Job}},
	}
	var now status
	answer, err := c.rest.DoJSON(ctx, call, &now)
	if err != nil {
		return providers.Progress{}, err
	}
	switch {
	case now.Status == "":
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	case now.isOther(t):
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is about another session")
	}
	progress := now.progress()
	progress.Ticket = now.learnt(t)
	progress.Rate = answer.Rate
	progress.Reason = c.rest.Clean(progress.Reason)
	progress.Strange = c.rest.Clean(progress.Strange)
	if progress.Outcome == providers.Succeeded && progress.Result.VideoURL == "" {
		return c.linked(ctx, o, progress), nil
	}
	return progress, nil
}

// linked completes a finished session that shows no link. Without one the session counts
// as running, since the service says COMPLETED only when there is a link.
func (c *Client) linked(ctx context.Context, o operation, p providers.Progress) providers.Progress {
	if !o.external { // the call knows the account's own sessions alone
		if latest, err := c.Latest(ctx, p.Ticket.Result); err == nil {
			p.Result.VideoURL = latest.Result.VideoURL
		}
	}
	if p.Result.VideoURL == "" {
		p.Outcome = providers.Running
	}
	return p
}

// Latest asks for the newest rendering of one of the account's own sessions. The service
// answers for a failed or cancelled session as it does for a finished one (SAM-G7), so
// that is no error.
func (c *Client) Latest(ctx context.Context, session string) (providers.Progress, error) {
	call := rest.Call{
		Name: "latest", Method: http.MethodGet, Path: "/video/fetch_latest_version",
		Query: url.Values{"session_id": {session}},
	}
	var now status
	answer, err := c.rest.DoJSON(ctx, call, &now)
	if err != nil {
		return providers.Progress{}, err
	}
	// Only this call leaves out the status of a completed session.
	if now.Status == "" && now.link() != "" {
		now.Status = "COMPLETED" // the answer of a completed session has its link alone
	}
	if now.Status == "" || now.isOther(job.Ticket{Job: session, Result: session}) {
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is not about the session")
	}
	progress := now.progress()
	progress.Reason = c.rest.Clean(progress.Reason)
	progress.Strange = c.rest.Clean(progress.Strange)
	progress.Rate = answer.Rate
	return progress, nil
}

// Cancel stops a session where it is. What its stages have taken is not given
// back.
func (c *Client) Cancel(ctx context.Context, _ string, t job.Ticket) error {
	id := t.Result
	if id == "" {
		id = t.Job
	}
	body, err := operation{}.body(fields{"videoSessionId": quoted(id)}, "")
	if err != nil {
		return rest.Invalid("cancel", "write request: %v", err)
	}
	call := rest.Call{Name: "cancel", Method: http.MethodPost, Path: "/video/cancel_render"}.JSON(body)
	var done struct {
		Cancelled *bool `json:"cancelled"`
	}
	answer, err := c.rest.DoJSON(ctx, call, &done)
	// A refusal comes with status 200, so the body must be read.
	if err == nil && done.Cancelled != nil && !*done.Cancelled {
		return &providers.Error{Kind: providers.Conflict, Call: "cancel", Status: answer.Status, Message: "the session could not be stopped any more"}
	}
	return err
}

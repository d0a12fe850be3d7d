// Package colossyan is the client of Colossyan's video API.
//
// The service has four operations: a job from a template saved in Studio, a job from a
// full scene description, and two that answer at once instead of as a job, a new avatar
// and a draft from structured text. It publishes no limits and no list of jobs. A submit
// whose answer was lost can therefore only be settled by its callback, which carries our
// reference, or by a person.
//
// rules.go and scenes.go are the checker, which reaches nothing; price.go its prices;
// audit.go its questions to the account. client.go submits, poll.go asks, callback.go
// reads webhooks, api.go has the answers, assets.go the lists, and private.go keeps the
// row's values out of error texts.
//
// Rule ids such as COL-P2 are those of the documentation of problems: COL-B is about
// callbacks, COL-P about polling, COL-V about variables, and COL-G about points that the
// service's documentation contradicts or leaves open.
package colossyan

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Name is the service's name in campaigns and tickets.
const Name = "colossyan"

// The operations.
const (
	TemplateJob = "colossyan/template-job"
	VideoJob    = "colossyan/video-job"
	Avatar      = "colossyan/avatar"
	Draft       = "colossyan/draft"
)

// files are the schemas and the starter templates.
//
//go:embed *.schema.json *.template.json
var files embed.FS

const baseURL = "https://app.colossyan.com/api/v1"

// draftPath is the only endpoint outside of the versioned API.
const draftPath = "/knowledge-to-draft/generate-draft"

// Service describes Colossyan for the list of services.
func Service() providers.Service {
	return providers.Service{
		Name: Name, Title: "Colossyan", BaseURL: baseURL,
		TokenHint: "Colossyan, Workspace settings, API: the token belongs to one workspace",
		Operations: providers.WithFiles(files,
			providers.Operation{Name: TemplateJob, Summary: "a video from a template job saved in Studio", Template: providers.SavedTemplate},
			providers.Operation{Name: VideoJob, Summary: "a video from a full scene description", Template: providers.SceneTemplate},
			providers.Operation{Name: Avatar, Summary: "an avatar from a picture or a video"},
			providers.Operation{Name: Draft, Summary: "a draft from structured text (experimental)"},
		),
		NewChecker: func(operation string, p providers.Prices) (providers.Checker, error) {
			return NewChecker(operation, p)
		},
		New: func(c providers.Config) (providers.Provider, error) { return New(c) },
	}
}

// Client speaks to Colossyan. It is safe for concurrent use.
type Client struct {
	rest     *rest.Client
	secret   []byte // of our own signature in callbacks; empty when there is none
	draftURL string
}

// New returns a client for one workspace. The token is sent in one form only (COL-G4): a
// second form after a refusal would send it again without a reason to hope.
func New(c providers.Config) (*Client, error) {
	if c.Token == "" {
		return nil, errors.New("connect to colossyan: the token is empty")
	}
	plumbing, err := rest.New(c, rest.Options{
		BaseURL:     baseURL,
		Credentials: http.Header{"Authorization": {"Bearer " + c.Token}},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to colossyan: %w", err)
	}
	return &Client{rest: plumbing, secret: []byte(c.WebhookSecret), draftURL: draftURL(c.BaseURL)}, nil
}

// draftURL is the address of the draft endpoint, which lies beside the versioned
// API, not below it.
func draftURL(base string) string {
	if base == "" {
		base = baseURL
	}
	return strings.TrimSuffix(strings.TrimRight(base, "/"), "/v1") + draftPath
}

// Submit orders one job, avatar or draft. The order costs minutes, so it is sent once and
// never repeated here: only the engine can know whether a lost answer may be repeated.
func (c *Client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	switch r.Operation {
	case TemplateJob:
		return c.queue(ctx, r, "/video-generation-jobs/template-jobs")
	case VideoJob:
		return c.queue(ctx, r, "/video-generation-jobs")
	case Avatar:
		return c.createAvatar(ctx, r)
	case Draft:
		return c.generateDraft(ctx, r)
	}
	return providers.Receipt{}, rest.Invalid("submit", "colossyan has no operation %q", r.Operation)
}

// queue submits a job. It keeps both ids of the answer (COL-P1): the job's id asks for
// the status, the video's id for the result. An answer without the video's id is good too
// (COL-G19). If only the video's id is there, it stands for both: a job that is known by
// one id is better than a lost one.
func (c *Client) queue(ctx context.Context, r providers.Request, path string) (providers.Receipt, error) {
	body, err := withCallback(r, c.secret)
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "%v", err)
	}
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, Path: path, Paid: true, Private: private(r.Body),
	}.JSON(body)
	var queued queuedJob
	answer, err := c.rest.DoJSON(ctx, call, &queued)
	if err != nil {
		return providers.Receipt{}, err
	}
	ticket := job.Ticket{Job: string(queued.ID), Result: string(queued.VideoID)}
	if ticket.Job == "" {
		ticket.Job = ticket.Result
	}
	if !rest.Usable(ticket.Job) || ticket.Result != "" && !rest.Usable(ticket.Result) {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no job")
	}
	return providers.Receipt{Ticket: ticket, Rate: answer.Rate}, nil
}

// createAvatar orders an avatar. The answer is the result; the avatar's name is the
// ticket, by which a person can find it.
func (c *Client) createAvatar(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, Path: "/assets/actors", Paid: true, Private: private(r.Body),
	}.JSON(r.Body)
	var made madeAvatar
	answer, err := c.rest.DoJSON(ctx, call, &made)
	if err != nil {
		return providers.Receipt{}, err
	}
	if made.Name == "" {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no avatar")
	}
	name := string(made.Name)
	return providers.Receipt{
		Ticket: job.Ticket{Job: name}, Result: &job.Result{Name: name},
		Rate: answer.Rate,
	}, nil
}

// generateDraft orders a draft. Its link is both result and ticket, since the answer has
// no id.
func (c *Client) generateDraft(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, URL: c.draftURL, Paid: true, Private: private(r.Body),
	}.JSON(r.Body)
	var made madeDraft
	answer, err := c.rest.DoJSON(ctx, call, &made)
	if err != nil {
		return providers.Receipt{}, err
	}
	link := webAddress(string(made.URL))
	if link == "" {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer has no link to a draft")
	}
	return providers.Receipt{
		Ticket: job.Ticket{Job: link}, Result: &job.Result{ShareURL: link},
		Rate: answer.Rate,
	}, nil
}

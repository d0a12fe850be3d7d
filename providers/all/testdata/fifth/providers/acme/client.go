// Package acme is the client of a made-up service, which a test adds as the fifth one:
// a title becomes a video of some seconds. Jobs keep the caller's reference and are all
// listed, so a lost one is found.
package acme

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Name is how campaigns and tickets name the service.
const Name = "acme"

// Video is the one operation.
const Video = "acme/video"

const baseURL = "https://api.acme.example/v1"

// files are the schema and the starter template.
//
//go:embed *.schema.json *.template.json
var files embed.FS

// Service describes Acme for the list of services.
func Service() providers.Service {
	return providers.Service{
		Name: Name, Title: "Acme", BaseURL: baseURL, TokenHint: "Acme, Settings, API",
		Operations: providers.WithFiles(files, providers.Operation{Name: Video, Summary: "a video of a title"}),
		NewChecker: func(operation string, _ providers.Prices) (providers.Checker, error) {
			if operation != Video {
				return nil, fmt.Errorf("check %q: acme has no such operation", operation)
			}
			return Checker{}, nil
		},
		New: func(c providers.Config) (providers.Provider, error) { return New(c) },
	}
}

// Client speaks to Acme. It is safe for concurrent use.
type Client struct{ rest *rest.Client }

// New returns a client for one account.
func New(c providers.Config) (*Client, error) {
	if c.Token == "" {
		return nil, errors.New("connect to acme: the token is empty")
	}
	plumbing, err := rest.New(c, rest.Options{BaseURL: baseURL, Credentials: http.Header{"Authorization": {"Bearer " + c.Token}}})
	if err != nil {
		return nil, fmt.Errorf("connect to acme: %w", err)
	}
	return &Client{plumbing}, nil
}

// state is what an answer says of a job.
type state struct {
	ID        rest.Word     `json:"id"`
	Status    rest.Word     `json:"status"`
	Seconds   rest.Quantity `json:"seconds"`
	Reference rest.Word     `json:"reference"`
	URL       rest.Word     `json:"url"`
}

// Submit asks for one video.
func (c *Client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	fields, err := rest.Object(r.Body)
	if r.Operation != Video || err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "acme takes no such request")
	}
	if fields["reference"], err = json.Marshal(r.Reference); err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "write request: %v", err)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "write request: %v", err)
	}
	call := rest.Call{Name: "submit", Method: http.MethodPost, Path: "/videos", Paid: true}.JSON(body)
	var made state
	answer, err := c.rest.DoJSON(ctx, call, &made)
	if err != nil {
		return providers.Receipt{}, err
	}
	if !rest.Usable(string(made.ID)) {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no job")
	}
	return providers.Receipt{Ticket: job.Ticket{Job: string(made.ID)}, Rate: answer.Rate}, nil
}

// Poll asks how a job is doing.
func (c *Client) Poll(ctx context.Context, _ string, t job.Ticket) (providers.Progress, error) {
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: "/videos/" + rest.Segment(t.Job)}
	var now state
	answer, err := c.rest.DoJSON(ctx, call, &now)
	switch {
	case err != nil:
		return providers.Progress{}, err
	case now.Status == "" || string(now.ID) != t.Job:
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is not about the job")
	}
	p := providers.Progress{Ticket: t, Rate: answer.Rate}
	switch now.Status {
	case "waiting":
	case "done":
		p.Outcome = providers.Succeeded
		p.Result = job.Result{VideoURL: string(now.URL), Duration: now.Seconds.Seconds()}
	case "failed":
		p.Outcome, p.Reason = providers.Failed, "Acme says that it failed, and not why"
	default:
		p.Strange = c.rest.Clean(rest.Strange(now.Status))
	}
	return p, nil
}

// Find looks for a lost job by its reference.
func (c *Client) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	var list struct{ Videos []state }
	if _, err := c.rest.DoJSON(ctx, rest.Call{Name: "find", Method: http.MethodGet, Path: "/videos"}, &list); err != nil {
		return nil, err
	}
	span := rest.NewSpan(l)
	var found []job.Ticket
	for _, v := range list.Videos {
		span.Shows(time.Time{}, string(v.ID))
		if string(v.Reference) == l.Request.Reference && !l.Taken(string(v.ID)) {
			found = append(found, job.Ticket{Job: string(v.ID)})
		}
	}
	if len(found) == 0 {
		return nil, span.Nothing()
	}
	return found, nil
}

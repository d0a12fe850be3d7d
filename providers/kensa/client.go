// Package kensa is the client of Kensa, the video service that calls itself
// CCSub in places, and of deployments of the same template.
//
// It has one operation: a video from a prompt and, if the request names one, a first
// picture. Credits are frozen when a video is accepted, settled when it is completed and
// released when it fails. The answers contain the amount, and no prices are published. The
// service has no webhooks and cannot stop a video: deleting one only hides it.
//
// If the answer to a submit was lost, the video is searched in the account's list by its
// order, since the service keeps no name of ours: see [Client.Find].
//
// Rule ids such as KEN-V1 are the same in all of reelmerge: KEN-V is about values, KEN-R
// about answers, and KEN-G about gaps and contradictions in the service's documentation.
package kensa

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Name is the service in campaigns and tickets.
const Name = "kensa"

// Generate is the only operation: a video from a prompt.
const Generate = "kensa/generate"

// files are the schema and the starter template.
//
//go:embed *.schema.json *.template.json
var files embed.FS

// Service describes Kensa for the list of services. It has no address of its
// own: every deployment has another (KEN-G11).
func Service() providers.Service {
	return providers.Service{
		Name: Name, Title: "Kensa",
		TokenHint: "the session cookie of a browser that is logged in to your deployment, as name=value; it expires",
		Operations: providers.WithFiles(files,
			providers.Operation{Name: Generate, Summary: "a video from a prompt and, if you like, a first picture"},
		),
		NewChecker: func(operation string, p providers.Prices) (providers.Checker, error) {
			return NewChecker(operation, p)
		},
		New: func(c providers.Config) (providers.Provider, error) { return New(c) },
	}
}

// Client speaks to one deployment with one session. It is safe for concurrent use.
type Client struct {
	rest    *rest.Client
	session []string // values of cookies, which must not appear in errors
}

// New returns a client. The documentation says nothing about logging in, except for the
// session cookie of the web page (KEN-G1). A token of the form name=value therefore goes
// out as that cookie, and any other as a bearer token. For a deployment that needs
// something else, the campaign sets a header.
func New(c providers.Config) (*Client, error) {
	if c.Token == "" && len(c.Header) == 0 {
		return nil, errors.New("connect to kensa: there is neither a token nor a header with the session")
	}
	credentials := http.Header{}
	switch {
	case isCookie(c.Token):
		credentials.Set("Cookie", c.Token)
	case c.Token != "":
		credentials.Set("Authorization", "Bearer "+c.Token)
	}
	plumbing, err := rest.New(c, rest.Options{Credentials: credentials})
	if err != nil {
		return nil, fmt.Errorf("connect to kensa: %w", err)
	}
	return &Client{rest: plumbing, session: cookieValues(c.Token, c.Header.Get("Cookie"))}, nil
}

// isCookie tells name=value from a bearer token. The encoding of a bearer token may end in
// equals signs.
func isCookie(token string) bool {
	name, value, found := strings.Cut(token, "=")
	return found && name != "" && strings.Trim(value, "=") != "" && !strings.ContainsAny(name, " ;/+")
}

// cookieValues returns the bare values of cookies. Short ones are left out, because they
// would blank out ordinary words in errors.
func cookieValues(texts ...string) (values []string) {
	for _, text := range texts {
		for pair := range strings.SplitSeq(text, ";") {
			if _, value, ok := strings.Cut(pair, "="); ok && len(value) > 3 {
				values = append(values, strings.TrimSpace(value))
			}
		}
	}
	return values
}

// Submit orders one video. The amount in the answer is frozen and not yet spent (KEN-G3).
func (c *Client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if r.Operation != Generate {
		return providers.Receipt{}, rest.Invalid("submit", "kensa has no operation %q", r.Operation)
	}
	body, err := withReference(r)
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "%v", err)
	}
	// The row's values are private: an error must not repeat them.
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, Path: "/video/generate", Paid: true, Private: private(r.Body),
	}.JSON(body)
	var accepted video
	answer, err := c.exchange(ctx, call, &accepted)
	if err != nil {
		return providers.Receipt{}, err
	}
	// Without an id the video could not be followed. It may exist, so this is no proof that
	// nothing happened.
	if !rest.Usable(string(accepted.UUID)) {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no video")
	}
	return providers.Receipt{
		Ticket: job.Ticket{Job: string(accepted.UUID)}, Held: accepted.charge(),
		Rate: answer.Rate,
	}, nil
}

// exchange makes a call and takes the answer out of its envelope. An answer that says
// "success": false is an error, whatever its status (KEN-R2).
func (c *Client) exchange(ctx context.Context, call rest.Call, out any) (rest.Answer, error) {
	call.Private = append(call.Private, c.session...)
	answer, err := c.rest.Do(ctx, call)
	if err != nil {
		return answer, refine(err, answer)
	}
	var e envelope
	if json.Unmarshal(answer.Body, &e) != nil {
		return answer, c.rest.Misunderstood(call, answer, "the answer is not the JSON that was expected")
	}
	// A deployment may leave the field out. Then the data decide.
	if e.Success != nil && !*e.Success {
		return answer, c.refusal(call, answer, e.said())
	}
	if len(e.Data) == 0 || string(e.Data) == "null" || json.Unmarshal(e.Data, out) != nil {
		return answer, c.rest.Misunderstood(call, answer, "the answer has no data of the kind that was expected")
	}
	return answer, nil
}

// charge returns the service's own price of a video.
func (v video) charge() credit.Charge {
	amount, ok := v.credits()
	if !ok {
		return credit.Charge{}
	}
	return credit.Charge{Amount: amount, Basis: credit.Observed}
}

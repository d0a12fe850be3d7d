// Package vidgen is the client of the service that makes a talking video of one
// picture and one sound file.
//
// A request consists of two files, so a video is personal only by its files. The service
// works on one job at a time and signs its webhooks. It lists the jobs of an account with
// the webhook address of each, by which a lost job is found again. No document names the
// paths of the list, of cancelling and of the health check. They are guesses that a
// configuration may correct (VID-G2).
//
// Rule ids such as VID-F1 are the same in all of reelmerge: VID-F is about files, VID-L
// about limits, VID-B about webhooks, and VID-G about gaps and contradictions in the
// service's documentation.
package vidgen

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Name is the service in campaigns and tickets.
const Name = "vidgen"

// Job is the only operation: a talking video from a picture and a sound file.
const Job = "vidgen/job"

// submitTimeout is long enough to send 100 MB over a slow line.
const submitTimeout = 10 * time.Minute

// files are the schema and the starter template.
//
//go:embed *.schema.json *.template.json
var files embed.FS

// examples are the files that the starter template's examples name.
//
//go:embed face.png voice.wav
var examples embed.FS

// Service describes vidgen for the list of services. Its documentation shows a
// placeholder instead of an address, so a campaign must name one.
func Service() providers.Service {
	return providers.Service{
		Name: Name, Title: "vidgen",
		TokenHint: "the API key that your vidgen account shows; it goes out as X-API-Key",
		Operations: providers.WithFiles(files,
			providers.Operation{Name: Job, Summary: "a talking video of one picture and one sound file"},
		),
		Examples: examples,
		NewChecker: func(operation string, p providers.Prices) (providers.Checker, error) {
			return NewChecker(operation, p)
		},
		New: func(c providers.Config) (providers.Provider, error) { return New(c) },
	}
}

// Client speaks to vidgen with one key. It is safe for concurrent use.
type Client struct {
	rest   *rest.Client
	secret []byte // for the account's webhooks; empty: none
	list   endpoint
	cancel endpoint
	health endpoint
}

// New returns a client for one key. Config.Paths may name the endpoints "list", "cancel"
// and "health". Each is a path below the base URL, with {id} for the job. A method in front
// replaces the usual one: "POST /api/jobs/{id}/cancel".
func New(c providers.Config) (*Client, error) {
	if c.Token == "" {
		return nil, errors.New("connect to vidgen: the API key is empty")
	}
	plumbing, err := rest.New(c, rest.Options{
		Credentials: http.Header{"X-Api-Key": {c.Token}}, SubmitTimeout: submitTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to vidgen: %w", err)
	}
	client := &Client{rest: plumbing, secret: []byte(c.WebhookSecret)}
	// No document shows these paths. A guess that is wrong can be corrected without a new
	// release.
	for name, e := range map[string]struct {
		to    *endpoint
		guess string
	}{
		"list":   {&client.list, "GET /api/jobs"},
		"cancel": {&client.cancel, "DELETE /api/jobs/{id}"},
		"health": {&client.health, "GET /health"},
	} {
		if *e.to, err = readEndpoint(c.Paths[name], e.guess); err != nil {
			return nil, fmt.Errorf("connect to vidgen: read path of %s: %w", name, err)
		}
	}
	return client, nil
}

// endpoint is a call that the documentation leaves out.
type endpoint struct{ method, path string }

// readEndpoint reads a configured endpoint, or the guess if there is none.
func readEndpoint(configured, guess string) (endpoint, error) {
	method, path, _ := strings.Cut(guess, " ")
	switch configured = strings.TrimSpace(configured); {
	case configured == "":
	case strings.HasPrefix(configured, "/"):
		path = configured
	default:
		method, path, _ = strings.Cut(configured, " ")
		path = strings.TrimSpace(path)
	}
	switch {
	case !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?# "):
		// A query would become part of the path, and the call would find nothing.
		return endpoint{}, fmt.Errorf("%q is no path below base_url such as %q", configured, guess)
	case strings.Contains(guess, "{id}") && !strings.Contains(path, "{id}"):
		return endpoint{}, fmt.Errorf("%q does not say where the job's id stands; write it as %q", configured, guess)
	case method != http.MethodGet && method != http.MethodPost && method != http.MethodDelete && method != http.MethodPut:
		return endpoint{}, fmt.Errorf("%q begins with no method such as DELETE", configured)
	}
	return endpoint{method, path}, nil
}

// call returns the call of an endpoint for a job.
func (e endpoint) call(name, id string) rest.Call {
	return rest.Call{Name: name, Method: e.method, Path: strings.ReplaceAll(e.path, "{id}", rest.Segment(id))}
}

// Submit sends the two files of one job. It reads them whole and compares their hashes with
// the plan before it sends a byte. A file that has changed makes another video than the one
// that was checked and priced.
func (c *Client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if r.Operation != Job {
		return providers.Receipt{}, rest.Invalid("submit", "vidgen has no operation %q", r.Operation)
	}
	form, err := c.form(r)
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "%v", err)
	}
	call := rest.Call{
		Name: "submit", Method: http.MethodPost, Path: "/api/jobs", Paid: true,
		Body: form.Body(), Length: form.Length(), Type: form.Type(),
	}
	var created jobState
	answer, err := c.rest.DoJSON(ctx, call, &created)
	if err != nil {
		return providers.Receipt{}, busy(err)
	}
	// Without an id the job could not be followed. It may exist, so this is no proof that
	// nothing happened.
	if !rest.Usable(created.id()) {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no job")
	}
	return providers.Receipt{
		Ticket: job.Ticket{Job: created.id()}, Rate: answer.Rate,
	}, nil
}

// busy corrects the meaning of a 409. On a submit it says that another job is active
// (VID-L4), and that nothing was created.
func busy(err error) error {
	if e, ok := err.(*providers.Error); ok && e.Kind == providers.Conflict { //nolint:errorlint // rest returns this type itself
		e.Kind = providers.Busy
	}
	return err
}

// Healthy asks whether the service is up. The call needs no key and costs nothing.
func (c *Client) Healthy(ctx context.Context) error {
	_, err := c.rest.Do(ctx, c.health.call("health", ""))
	return err
}

package vidgen

import (
	"context"
	"net/http"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Poll asks for the status of a job with one read.
func (c *Client) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	if err := known("poll", operation, t); err != nil {
		return providers.Progress{}, err
	}
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: "/api/status/" + rest.Segment(t.Job)}
	var found jobState
	answer, err := c.rest.DoJSON(ctx, call, &found)
	switch {
	case err != nil:
		return providers.Progress{}, rest.BadID(err)
	case found.Status == "":
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	// A gateway may mix up answers. Settling the wrong row costs a video.
	case found.id() != "" && found.id() != t.Job:
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is about another job")
	}
	progress := found.progress()
	progress.Ticket = t
	progress.Rate = answer.Rate
	progress.Reason = c.rest.Clean(progress.Reason)
	progress.Strange = c.rest.Clean(progress.Strange)
	return progress, nil
}

// known refuses tickets that are not vidgen's before a request is made.
func known(call, operation string, t job.Ticket) error {
	switch {
	case operation != Job:
		return rest.Invalid(call, "vidgen has no operation %q", operation)
	case !rest.Usable(t.Job):
		return rest.Invalid(call, "the ticket names no job")
	}
	return nil
}

// Cancel stops a job that is still waiting. A [providers.Conflict] error means that it was
// not stopped: the service works on it or has finished it (VID-G7), or cancels in another
// way. The path is a guess, so "not found" says nothing about the job (VID-G2). Only its
// status does.
func (c *Client) Cancel(ctx context.Context, operation string, t job.Ticket) error {
	if err := known("cancel", operation, t); err != nil {
		return err
	}
	_, err := c.rest.Do(ctx, c.cancel.call("cancel", t.Job))
	if e, ok := err.(*providers.Error); ok { //nolint:errorlint // rest returns this type itself
		switch e.Kind {
		case providers.NotFound, providers.Invalid:
			e.Kind = providers.Conflict
			e.Message = "vidgen has no such job, or cancels in another way than " + c.cancel.method + " " + c.cancel.path + ": " + e.Message
		case providers.Unknown, providers.NotSent, providers.Auth, providers.Funds, providers.Busy, providers.Throttled,
			providers.Conflict, providers.Transient, providers.Contract:
		}
	}
	return err
}

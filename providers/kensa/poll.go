package kensa

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Poll asks for the status of a video, and for its details if it is completed. These are up
// to two reads, which change nothing at the service. A completed video without a link
// counts as running, since the link follows soon (KEN-R1).
func (c *Client) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	if err := known("poll", operation, t); err != nil {
		return providers.Progress{}, err
	}
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: "/video/task", Query: url.Values{"uuid": {t.Job}}}
	task, progress, err := c.ask(ctx, call, t)
	switch {
	case err != nil:
		return providers.Progress{}, err
	case progress.Outcome == providers.Succeeded:
		return c.completed(ctx, t, progress)
	case progress.Outcome == providers.Failed:
		progress.Reason = c.rest.Clean(task.reason(), c.session...)
	}
	return progress, nil
}

// known refuses tickets that are not Kensa's before a request is made.
func known(call, operation string, t job.Ticket) error {
	switch {
	case operation != Generate:
		return rest.Invalid(call, "kensa has no operation %q", operation)
	case !rest.Usable(t.Job):
		return rest.Invalid(call, "the ticket names no video")
	}
	return nil
}

// ask reads the state of one video. An answer about another video is an error.
func (c *Client) ask(ctx context.Context, call rest.Call, t job.Ticket) (video, providers.Progress, error) {
	var v video
	answer, err := c.exchange(ctx, call, &v)
	switch {
	case err != nil:
		return v, providers.Progress{}, rest.BadID(err)
	case v.Status == "":
		return v, providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	case v.UUID != "" && !strings.EqualFold(string(v.UUID), t.Job):
		return v, providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is about another video")
	}
	p := v.progress()
	p.Ticket = t
	p.Rate = answer.Rate
	p.Strange = c.rest.Clean(p.Strange, c.session...)
	return v, p, nil
}

// completed adds the result and the credits to the progress of a completed video. If the
// details are older than the status, the video counts as running.
func (c *Client) completed(ctx context.Context, t job.Ticket, status providers.Progress) (providers.Progress, error) {
	made, p, err := c.ask(ctx, c.detailsCall("poll", t.Job), t)
	if err != nil && providers.KindOf(err) != providers.NotFound {
		return providers.Progress{}, err
	}
	if err != nil || p.Outcome == providers.Running || p.Outcome == providers.Succeeded && made.VideoURL == "" {
		status.Outcome = providers.Running
		return status, nil
	}
	if p.Outcome == providers.Failed {
		// The details repeat the prompt, and a reason may quote it. Both are removed.
		p.Reason = c.rest.Clean(made.reason(), append(private(made.request()), c.session...)...)
		return p, nil
	}
	p.Result = made.result()
	p.Reported = made.charge()
	return p, nil
}

// detailsCall returns the call for the details of a video.
func (c *Client) detailsCall(name, uuid string) rest.Call {
	return rest.Call{Name: name, Method: http.MethodGet, Path: "/video/" + rest.Segment(uuid)}
}

// Delete hides a finished video. The service keeps its record. Deleting does not stop a
// video and returns no credits.
func (c *Client) Delete(ctx context.Context, operation string, t job.Ticket) error {
	if err := known("delete", operation, t); err != nil {
		return err
	}
	call := rest.Call{Name: "delete", Method: http.MethodDelete, Path: "/video/" + rest.Segment(t.Job)}
	var deleted struct {
		Deleted *bool `json:"deleted"`
	}
	answer, err := c.exchange(ctx, call, &deleted)
	switch {
	// A deployment may answer without a body, which is no envelope but a success.
	case err != nil && answer.Status == http.StatusNoContent:
		return nil
	case err != nil:
		return rest.BadID(err)
	case deleted.Deleted != nil && !*deleted.Deleted:
		return c.rest.Misunderstood(call, answer, "the answer says that the video was not deleted")
	}
	return nil
}

package colossyan

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The paths of jobs and videos.
const (
	jobs   = "/video-generation-jobs/"
	videos = "/generated-videos/"
)

// noSuch is the error for an id that cannot stand in a path.
func noSuch(call, what string) *providers.Error {
	return &providers.Error{Kind: providers.NotFound, Call: call, Message: "there is no such " + what}
}

// Poll asks for a job's status, and for the result of a finished job. It makes up to
// three reads, and none of them changes anything at the service.
//
// The documentation contradicts itself about which id the status call wants. A job that
// is not found by its own id is asked for once by its video's id. The ticket of the
// progress has the id that worked, and later polls use it (COL-P2). A finished job
// without its result counts as running (COL-P5).
//
// Avatars and drafts are made at once, so they are polled only after a person has found a
// lost one. An avatar is looked up by its name. A draft cannot be asked for, so the
// person's word counts.
func (c *Client) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	switch operation {
	case Avatar:
		return c.madeAvatar(ctx, t)
	case Draft:
		return madeDraftAt(t)
	case TemplateJob, VideoJob:
		return c.job(ctx, t)
	}
	return providers.Progress{}, rest.Invalid("poll", "colossyan has no operation %q", operation)
}

// job polls a job. The reason of a failure is cleaned of the row's values, which the
// service's echo contains: reasons go into the ledger, sheets and logs.
func (c *Client) job(ctx context.Context, t job.Ticket) (providers.Progress, error) {
	found, used, err := c.status(ctx, t)
	if err != nil {
		return providers.Progress{}, err
	}
	progress := found.progress()
	progress.Ticket = job.Ticket{Job: used, Result: t.Result}
	if found.VideoID != "" {
		progress.Ticket.Result = string(found.VideoID)
	}
	progress.Strange = c.rest.Clean(progress.Strange)
	progress.Reason = c.rest.Clean(progress.Reason, private(found.echo())...)
	if progress.Outcome != providers.Succeeded {
		return progress, nil
	}
	return c.finished(ctx, progress)
}

// status reads a job, and returns the id by which it was found. If neither id is known,
// the error of the first counts.
func (c *Client) status(ctx context.Context, t job.Ticket) (jobState, string, error) {
	found, first := c.statusOf(ctx, t, t.Job)
	if first == nil || !otherID(t, first) {
		return found, t.Job, first
	}
	found, second := c.statusOf(ctx, t, t.Result)
	if second != nil && providers.KindOf(second) == providers.NotFound {
		return jobState{}, "", first
	}
	return found, t.Result, second
}

// otherID reports whether a job that was not found has a second id to try.
func otherID(t job.Ticket, err error) bool {
	return providers.KindOf(err) == providers.NotFound && t.Result != "" && t.Result != t.Job
}

// statusOf reads a job by one id. An answer without a status, or about another job, is
// not understood: it says nothing about this job.
func (c *Client) statusOf(ctx context.Context, t job.Ticket, id string) (jobState, error) {
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: jobs + rest.Segment(id)}
	if !rest.Usable(id) {
		return jobState{}, noSuch("poll", "job")
	}
	var found jobState
	answer, err := c.rest.DoJSON(ctx, call, &found)
	if err != nil {
		return jobState{}, rest.BadID(err)
	}
	found.rate = answer.Rate
	switch {
	case found.Status == "":
		return jobState{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	case found.isOther(t):
		return jobState{}, c.rest.Misunderstood(call, answer, "the answer is about another job")
	}
	return found, nil
}

// finished adds the result to a finished job's progress.
func (c *Client) finished(ctx context.Context, p providers.Progress) (providers.Progress, error) {
	id := p.Ticket.Result
	if id == "" {
		id = p.Ticket.Job
	}
	call := rest.Call{Name: "poll", Method: http.MethodGet, Path: videos + rest.Segment(id)}
	var made video
	answer, err := c.rest.DoJSON(ctx, call, &made)
	switch {
	case providers.KindOf(rest.BadID(err)) == providers.NotFound && err != nil:
		p.Outcome = providers.Running
		return p, nil
	case err != nil:
		return providers.Progress{}, err
	case p.Ticket.Result != "" && made.ID != "" && string(made.ID) != p.Ticket.Result:
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is about another video")
	case made.PublicURL == "":
		p.Outcome = providers.Running
		return p, nil
	case webAddress(string(made.PublicURL)) == "":
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the link to the video is no web address")
	}
	p.Result = made.result()
	p.Rate = answer.Rate
	return p, nil
}

// madeAvatar looks for an avatar in the workspace's list.
func (c *Client) madeAvatar(ctx context.Context, t job.Ticket) (providers.Progress, error) {
	avatars, err := c.Assets(ctx, Avatars)
	if err != nil {
		return providers.Progress{}, err
	}
	for _, a := range avatars {
		if a.Name == t.Job {
			return providers.Progress{Outcome: providers.Succeeded, Ticket: t, Result: job.Result{Name: a.Name}}, nil
		}
	}
	return providers.Progress{}, noSuch("poll", "avatar in the workspace's list")
}

// madeDraftAt takes the link that a person gave for the draft.
func madeDraftAt(t job.Ticket) (providers.Progress, error) {
	if webAddress(t.Job) == "" {
		return providers.Progress{}, rest.Invalid("poll", "a draft is named by its link")
	}
	return providers.Progress{Outcome: providers.Succeeded, Ticket: t, Result: job.Result{ShareURL: t.Job}}, nil
}

// Cancel stops a job and deletes it. If there is no such job, the error is a
// [providers.NotFound]: the job may have been cancelled before.
func (c *Client) Cancel(ctx context.Context, operation string, t job.Ticket) error {
	if operation != TemplateJob && operation != VideoJob {
		return rest.Invalid("cancel", "this operation answers at once; there is nothing to stop")
	}
	err := c.remove(ctx, "cancel", jobs, t.Job)
	if err != nil && otherID(t, err) {
		return c.remove(ctx, "cancel", jobs, t.Result)
	}
	return err
}

// Delete removes a finished video from the workspace.
func (c *Client) Delete(ctx context.Context, operation string, t job.Ticket) error {
	if operation != TemplateJob && operation != VideoJob {
		return rest.Invalid("delete", "colossyan's API cannot delete avatars or drafts")
	}
	id := t.Result
	if id == "" {
		id = t.Job
	}
	return c.remove(ctx, "delete", videos, id)
}

// remove deletes a job or a video. The answer may have a body or none (COL-G11).
func (c *Client) remove(ctx context.Context, name, folder, id string) error {
	if !rest.Usable(id) {
		return noSuch(name, "job or video")
	}
	_, err := c.rest.Do(ctx, rest.Call{Name: name, Method: http.MethodDelete, Path: folder + rest.Segment(id)})
	if err != nil {
		return rest.BadID(err)
	}
	return nil
}

// outcome translates the service's words. An unknown word means that the job goes on
// (COL-G7): the service has added words before, and a wrong "failed" would have the row
// paid twice.
func outcome(said rest.Word) (o providers.Outcome, strange string) {
	running := []string{"in_queue", "preprocessing", "preprocessing_finished", "generating"}
	word := strings.ToLower(strings.TrimSpace(string(said)))
	switch word {
	case "finished":
		return providers.Succeeded, ""
	case "failed":
		return providers.Failed, ""
	case "deleted":
		return providers.Cancelled, ""
	}
	if slices.Contains(running, word) {
		return providers.Running, ""
	}
	return providers.Running, rest.Strange(said)
}

package declared

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Poll asks how a job is doing: with one read, and with those under then once it has
// succeeded.
func (c *client) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	o, err := c.ticketed("poll", operation, t)
	if err != nil {
		return providers.Progress{}, err
	}
	result, more := o.unpacked(t)
	v := values{job: t.Job, result: result, settings: c.settings}
	p, err := c.read(ctx, o.Poll, v, more)
	p.Ticket = t
	for i := 0; err == nil && p.Outcome == providers.Succeeded && i < len(o.Then); i++ {
		var next providers.Progress
		next, err = c.read(ctx, o.Then[i], v, more)
		p = joined(p, next)
	}
	if err != nil {
		return providers.Progress{}, err
	}
	if p.Outcome == providers.Succeeded && p.Result.VideoURL == "" && p.Result.ShareURL == "" {
		p.Outcome = providers.Running // its link follows; a success would settle the row without it
	}
	return p, nil
}

// ticketed finds the operation of a ticket, and refuses one that names no job.
func (c *client) ticketed(call, operation string, t job.Ticket) (*Operation, error) {
	o, known := c.d.operation(operation)
	switch {
	case !known:
		return nil, rest.Invalid(call, "%s has no operation %q", c.d.Name, operation)
	case !rest.Usable(t.Job):
		return nil, rest.Invalid(call, "the ticket names no job")
	}
	return o, nil
}

// joined adds what a further read says to what is known.
func joined(p, next providers.Progress) providers.Progress {
	if next.Outcome == providers.Failed {
		p.Outcome = next.Outcome
		p.Reason = next.Reason
	}
	r := &p.Result
	r.VideoURL, r.ShareURL = cmp.Or(next.Result.VideoURL, r.VideoURL), cmp.Or(next.Result.ShareURL, r.ShareURL)
	r.ThumbnailURL = cmp.Or(next.Result.ThumbnailURL, r.ThumbnailURL)
	r.Duration = cmp.Or(next.Result.Duration, r.Duration)
	r.Bytes = cmp.Or(next.Result.Bytes, r.Bytes)
	if next.Reported.Basis > 0 {
		p.Reported = next.Reported
	}
	p.Rate = next.Rate
	return p
}

// read makes one call and reads what it says of the job.
func (c *client) read(ctx context.Context, r Read, v values, more url.Values) (providers.Progress, error) {
	call, err := c.call("poll", r.Call, v, more)
	if err != nil {
		return providers.Progress{}, unaddressed("poll", err)
	}
	a, answer, err := c.exchange(ctx, call)
	if p, failed := c.failedAnyway(r, a, answer); failed {
		return p, nil
	}
	switch {
	case err != nil && oneOf(answer.Status, r.Gone.Answers):
		return providers.Progress{}, &providers.Error{Kind: providers.NotFound, Call: "poll", Status: answer.Status, Message: "the service has no such job"}
	case err != nil:
		return providers.Progress{}, rest.BadID(err)
	case r.Gone.Empty && len(bytes.TrimSpace(answer.Body)) == 0:
		return providers.Progress{}, &providers.Error{Kind: providers.NotFound, Call: "poll", Status: answer.Status, Message: "the service answers with nothing: it has no such job"}
	}
	// A gateway may mix up answers. Settling the wrong row costs a video.
	if id := r.Same.text(a.body); id != "" && id != v.job {
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer is about another job")
	}
	word := r.Status.text(a.body)
	if len(r.Status) > 0 && word == "" || a.body == nil {
		return providers.Progress{}, c.rest.Misunderstood(call, answer, "the answer has no status")
	}
	p := c.progress(r, word, a, v)
	p.Rate = answer.Rate
	return p, nil
}

// failedAnyway finds the member that says that the job failed, also in a refusal of it. A
// refusal of the call says nothing of the job: it is asked for again.
func (c *client) failedAnyway(r Read, a answered, answer rest.Answer) (providers.Progress, bool) {
	if r.FailedWhen == nil || answer.Status/100 == 5 || oneOf(answer.Status, []int{401, 402, 403, 408, 425, 429}) {
		return providers.Progress{}, false
	}
	if _, failed := lookup(a.body, *r.FailedWhen); !failed {
		return providers.Progress{}, false
	}
	return providers.Progress{Outcome: providers.Failed, Reason: c.why(r, a), Rate: answer.Rate}, true
}

// why is the reason of a failure, in the service's words.
func (c *client) why(r Read, a answered) string {
	if s := r.Reason.text(a.body); s != "" {
		return c.rest.Clean(s)
	}
	return c.d.Title + " says that the job failed, and not why"
}

// progress translates a word. One that is not known counts as running: calling it the end
// would settle the row by a guess. A read without a word is one that follows a success.
func (c *client) progress(r Read, word string, a answered, v values) providers.Progress {
	var p providers.Progress
	is := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, strings.TrimSpace(word)) })
	}
	switch {
	case len(r.Status) == 0 || is(r.Words.Succeeded):
		p.Outcome = providers.Succeeded
		p.Result = results(r.Result, a, v)
	case is(r.Words.Failed):
		p.Outcome = providers.Failed
		p.Reason = c.why(r, a)
	case is(r.Words.Cancelled):
		p.Outcome = providers.Cancelled
	case !is(r.Words.Running):
		p.Strange = c.rest.Clean(rest.Strange(rest.Word(word)))
	}
	if p.Outcome != providers.Running {
		p.Reported = charge(r.Charged, a)
	}
	return p
}

// results reads what a finished job gave.
func results(r Result, a answered, v values) job.Result {
	out := job.Result{VideoURL: r.VideoURL.read(a, v), ShareURL: r.ShareURL.read(a, v), ThumbnailURL: r.ThumbnailURL.read(a, v)}
	if r.Duration != nil {
		out.Duration = span(r.Duration.read(a, v), r.Duration.As)
	}
	if n, err := strconv.ParseInt(r.Bytes.read(a, v), 10, 64); err == nil && n > 0 {
		out.Bytes = n
	}
	return out
}

// Cancel stops a job.
func (c *client) Cancel(ctx context.Context, operation string, t job.Ticket) error {
	o, err := c.ticketed("cancel", operation, t)
	if err != nil {
		return err
	}
	if o.Cancel == nil {
		return &providers.Error{Kind: providers.Conflict, Call: "cancel", Message: c.d.Title + " cannot stop such a job"}
	}
	return c.simple(ctx, "cancel", o, o.Cancel.Call, t)
}

// Delete removes a finished video.
func (c *client) Delete(ctx context.Context, operation string, t job.Ticket) error {
	o, err := c.ticketed("delete", operation, t)
	if err != nil {
		return err
	}
	if o.Delete == nil {
		return rest.Invalid("delete", "%s cannot delete such a video", c.d.Title)
	}
	return c.simple(ctx, "delete", o, o.Delete.Call, t)
}

// simple makes a call of which only the status counts.
func (c *client) simple(ctx context.Context, name string, o *Operation, from Call, t job.Ticket) error {
	result, more := o.unpacked(t)
	call, err := c.call(name, from, values{job: t.Job, result: result}, more)
	if err != nil {
		return unaddressed(name, err)
	}
	_, _, err = c.exchange(ctx, call)
	return rest.BadID(err)
}

// unaddressed is the error of a call that cannot be made. Where the ticket has no address
// for it, there is no such job as far as anybody can ask; any other reason is a mistake of
// the service or of its description.
func unaddressed(call string, err error) error {
	e := &providers.Error{Kind: providers.Contract, Call: call, Message: err.Error()}
	if errors.Is(err, errNoAddress) {
		e.Kind = providers.NotFound
	}
	return e
}

func today() time.Time { return time.Now() }

package declared

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Find looks for a lost job in the list of the service. A job whose members are those of
// the request is the lost one.
func (c *client) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	o, known := c.d.operation(l.Request.Operation)
	if !known {
		return nil, rest.Invalid("find", "%s has no operation %q", c.d.Name, l.Request.Operation)
	}
	f := o.Submit.Lost.Find
	switch {
	case f == nil:
		return nil, fmt.Errorf("find: %s: %w", c.d.Title, providers.ErrNotSearchable)
	case f.Visible > 0 && time.Since(l.Since) > time.Duration(f.Visible):
		return nil, fmt.Errorf("find: %s shows a job for a limited time, which has passed: %w", c.d.Title, providers.ErrNotSearchable)
	}
	v, err := c.about(o, l.Request)
	if err != nil {
		return nil, rest.Invalid("find", "%v", err)
	}
	s := &search{client: c, o: o, find: f, lost: l, span: rest.NewSpan(l), body: o.body(v)}
	s.values(v)
	if err := s.pages(ctx); err != nil {
		return nil, err
	}
	return s.verdict()
}

// search is one search for one lost job.
type search struct {
	client *client
	o      *Operation
	find   *Find
	lost   providers.Lost
	span   *rest.Span
	v      values
	body   map[string]any // of the lost request, as it was sent

	found   []job.Ticket
	useless bool // a job fits, and the list does not show what following it needs
}

// values prepares what calls of the search are filled with.
func (s *search) values(v values) {
	v.since = s.lost.Since.Add(-time.Hour).UTC().Format(time.RFC3339)
	if text, err := encode(s.body); err == nil {
		v.body = string(text)
	}
	s.v = v
}

// pages reads the list to its end, or to where jobs are older than the lost one.
func (s *search) pages(ctx context.Context) error {
	p := pages{client: s.client, name: "find", call: s.find.Call, items: s.find.Items, next: s.find.Next, absent: s.find.Absent, v: s.v, clock: s.span.Compare}
	return noList(p.read(ctx, func(_ any, items []any) (ends bool) { return s.see(items) }))
}

// noList keeps a list that is not there from looking like one without the job.
func noList(err error) error {
	if e, ok := err.(*providers.Error); ok && e.Kind == providers.NotFound { //nolint:errorlint // rest returns this type itself
		e.Kind = providers.Contract
	}
	return err
}

// see looks at the items of a page. It reports whether the rest of the list is not needed.
func (s *search) see(items []any) (ends bool) {
	for _, item := range items {
		id := s.find.Job.id(item)
		created := s.created(item)
		s.span.Shows(created, id)
		ends = ends || s.find.Order == "newest first" && s.span.Ends(created)
		taken := s.lost.Taken != nil && s.lost.Taken(id)
		if id == "" || taken || !s.span.Covers(created) || !s.fits(item) {
			continue
		}
		more, missing := ticketMore(s.find.More, item)
		if missing != "" || len(more) < len(s.o.Submit.Ticket.More) {
			s.useless = true
			continue
		}
		s.found = append(s.found, job.Ticket{Job: id, Result: packed(s.find.Result.id(item), more)})
	}
	return ends
}

// created is when a job was made; zero where the list does not say.
func (s *search) created(item any) time.Time {
	if s.find.Created == nil {
		return time.Time{}
	}
	return moment(s.find.Created.read(answered{body: item}, values{}), s.find.Created.As)
}

// fits reports whether an item is the lost job, by every member that is ours.
func (s *search) fits(item any) bool {
	for _, pointer := range slices.Sorted(maps.Keys(s.find.Match)) {
		want := s.find.Match[pointer]
		shown, there := lookup(item, pointer)
		if want.source == "{body}" {
			if !there || !reflect.DeepEqual(shown, any(s.body)) {
				return false
			}
			continue
		}
		wanted, err := want.fill(s.v, plain)
		if got, plain := scalar(shown); err != nil || !plain || got != wanted {
			return false
		}
	}
	return true
}

// verdict draws the conclusion. A job that cannot be followed is not adopted, and is no
// proof that there is none.
func (s *search) verdict() ([]job.Ticket, error) {
	switch {
	case s.useless:
		return nil, &providers.Error{Kind: providers.Conflict, Call: "find", Message: "there is such a job, and the list does not show what is needed to follow it"}
	case len(s.found) > 0:
		if s.byContent() {
			return s.found, s.contested()
		}
		return s.found, nil
	}
	return nil, s.span.Nothing()
}

// byContent reports whether jobs are told apart by their content alone.
func (s *search) byContent() bool { return s.o.byContent() }

// byContent reports whether nothing of ours tells the jobs of an operation apart.
func (o *Operation) byContent() bool {
	f := o.Submit.Lost.Find
	if f == nil {
		return false
	}
	for _, t := range f.Match {
		if t.has("reference") || t.has("callback") || t.has("job") {
			return false
		}
		if t.has("body") && (o.Submit.Put.Reference != nil || o.Submit.Put.Callback != nil || o.Submit.Put.Job != nil) {
			return false
		}
	}
	return true
}

// contested is the error for a job that fits several lost rows equally well.
func (s *search) contested() error {
	var rivals []int
	for i, other := range s.lost.Others {
		v, err := s.client.about(s.o, other)
		if err == nil && reflect.DeepEqual(s.o.body(v), s.body) {
			rivals = append(rivals, i)
		}
	}
	if len(rivals) == 0 {
		return nil
	}
	return &providers.Error{Kind: providers.Conflict, Call: "find", Message: "there is a job that could be this row's or another lost row's", Rivals: rivals}
}

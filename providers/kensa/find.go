package kensa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

const (
	pageSize = 20  // the one number that the documentation shows
	maxPages = 100 // of a list, before a search is given up
	wholeCut = 16  // characters of a prompt without an ellipsis that are no coincidence
)

// Find looks for a lost video in the account's list: one that no row holds, that
// was asked for since the submit by our clock or the service's, and that is what
// was asked for. The list may cut prompts, so a beginning of ours is a match too;
// where it does, and where the first picture carried our reference, the video's
// details are read as well, which settle the matter if they say more.
//
// Several tickets are videos that cannot be told apart. A video that could as
// well be another lost row's is a [providers.Conflict] error, not a find: it may
// become clear once that row's answer has come. What is found is told by its
// content, so it needs no witness.
func (c *Client) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	wanted, err := readWanted(l.Request)
	if err != nil || l.Request.Operation != Generate {
		return nil, rest.Invalid("find", "the lost request is no order for a video")
	}
	span := rest.NewSpan(l)
	recent, err := c.recent(ctx, wanted, span)
	if err != nil {
		return nil, err
	}
	found, err := c.fitting(ctx, wanted, recent, l)
	if err == nil && len(found) == 0 {
		err = span.Nothing()
	}
	return found, err
}

// fitting are those of the recent videos that could be the lost one.
func (c *Client) fitting(ctx context.Context, wanted wanted, recent []video, l providers.Lost) (found []job.Ticket, _ error) {
	for _, v := range recent {
		uuid := string(v.UUID)
		if !rest.Usable(uuid) || l.Taken != nil && l.Taken(uuid) || wanted.fit(v) == no {
			continue
		}
		v, how, err := c.closer(ctx, wanted, v)
		switch {
		case err != nil:
			return nil, err
		case how == named:
			return []job.Ticket{{Job: uuid}}, nil
		case how == no:
			continue
		}
		if rivals := rivals(v, how, l.Others); rivals != nil {
			return nil, &providers.Error{
				Kind: providers.Conflict, Call: "find", Rivals: rivals,
				Message: "there is a video that could be this row's or another lost row's",
			}
		}
		found = append(found, job.Ticket{Job: uuid})
	}
	return found, nil
}

// rivals are the places of the other lost rows that a video fits as well as ours.
func rivals(v video, how fit, others []providers.Request) (places []int) {
	for i, r := range others {
		other, err := readWanted(r)
		if err == nil && r.Operation == Generate && other.fit(v) >= how {
			places = append(places, i)
		}
	}
	return places
}

// wanted is the lost order.
type wanted struct {
	order
	sent string // the address of the first picture as it was sent, with our reference; empty when it carried none
}

func readWanted(r providers.Request) (wanted, error) {
	o, err := readOrder(r.Body)
	w := wanted{order: o}
	if address, ok := referenced(o.StartImage, r.Reference); ok {
		w.sent = address
	}
	return w, err
}

// fit says how sure it is that a video is what was asked for.
type fit uint8

const (
	no     fit = iota
	begins     // its prompt is the beginning of ours, cut by the service
	same       // all that is shown is what was asked for
	named      // it carries our reference
)

func (w wanted) fit(v video) fit {
	switch {
	case w.sent != "" && string(v.StartImage) == w.sent:
		return named
	case v.Model != "" && string(v.Model) != w.Model,
		v.AspectRatio != "" && string(v.AspectRatio) != w.AspectRatio,
		v.Duration != nil && *v.Duration >= 0 && v.Duration.Seconds() != w.Duration.Seconds(),
		w.otherPicture(v):
		return no
	}
	return fitPrompt(w.Prompt, string(v.Prompt))
}

// otherPicture reports whether a video was made from another picture than ours.
// Lists show none, and a deployment may drop our reference.
func (w wanted) otherPicture(v video) bool {
	return v.StartImage != "" && string(v.StartImage) != w.StartImage
}

// fitPrompt compares a prompt with the one that is shown, which may be cut.
func fitPrompt(ours, shown string) fit {
	ours, shown = oneSpaced(ours), oneSpaced(shown)
	if ours == shown {
		return same
	}
	cut, marked := strings.CutSuffix(shown, "…")
	if !marked {
		cut, marked = strings.CutSuffix(shown, "...")
	}
	cut = strings.TrimSpace(cut)
	if strings.HasPrefix(ours, cut) && (marked || utf8.RuneCountInString(cut) >= wholeCut) {
		return begins
	}
	return no
}

// Resemblance is what any list shows of a request at least: the model, the
// length, the shape and the beginning of the prompt. A first picture that carries
// our reference tells requests apart, but only if the deployment keeps it.
func (c *Checker) Resemblance(r providers.Request) string {
	o, err := readOrder(r.Body)
	if err != nil {
		return ""
	}
	prompt := []rune(oneSpaced(o.Prompt))
	return fmt.Sprintf("%s %v %s %s", o.Model, o.Duration.Seconds(), o.AspectRatio, string(prompt[:min(len(prompt), wholeCut)]))
}

func oneSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// closer reads a video's details where they can say more than the list did.
func (c *Client) closer(ctx context.Context, w wanted, v video) (video, fit, error) {
	how := w.fit(v)
	if how == same && w.StartImage == "" || how == named {
		return v, how, nil
	}
	var details video
	err := patiently(ctx, func() (err error) {
		details, _, err = c.ask(ctx, c.detailsCall("find", string(v.UUID)), job.Ticket{Job: string(v.UUID)})
		return err
	})
	switch {
	case providers.KindOf(err) == providers.NotFound && err != nil:
		return v, how, nil // the list knows it: only its details are missing
	case err != nil:
		return v, no, err
	case details.Prompt == "":
		details.Prompt = v.Prompt
	}
	return details, w.fit(details), nil
}

// recent reads the list as far as it is needed: all videos of a span. The order of
// the list is documented nowhere, so reading stops early only while it is newest
// first. New videos shift the pages (KEN-G9):
// each video counts once, and the first page is read again at the end. A list
// that does not know pages repeats itself, which ends it too (KEN-G12).
func (c *Client) recent(ctx context.Context, w wanted, span *rest.Span) ([]video, error) {
	l := listing{span: span, seen: map[rest.Word]bool{}, descending: true}
	for page := 1; page <= maxPages; page++ {
		more, err := c.page(ctx, w, page, &l)
		switch {
		case err != nil:
			return nil, err
		case more:
		case page == 1:
			return l.recent(), nil
		default:
			_, err = c.page(ctx, w, 1, &l)
			return l.recent(), err
		}
	}
	return nil, &providers.Error{
		Kind: providers.Contract, Call: "find",
		Message: fmt.Sprintf("the list of videos does not end within %d pages", maxPages),
	}
}

// longestPause is the longest that a search waits if the service says when to come
// again.
const longestPause = 15 * time.Second

// patiently reads something for a search again when its answer was lost or made no
// sense. A search is many answers and is worth nothing without each of them: over
// a bad line one that gives up at the first would hardly ever end. What fails to
// the last fails the search, which then proves nothing.
func patiently(ctx context.Context, read func() error) error {
	return patience.Attempts{Most: 4, Pause: 250 * time.Millisecond}.Do(ctx, read, mayPass)
}

// mayPass reports whether asking again soon may bring an answer, and how soon.
func mayPass(err error) (atLeast time.Duration, worthwhile bool) {
	var failed *providers.Error
	if !errors.As(err, &failed) || failed.Daily || failed.After > longestPause {
		return 0, false
	}
	switch failed.Kind {
	case providers.Unknown, providers.NotSent, providers.Transient, providers.Contract, providers.Throttled:
		return failed.After, true
	case providers.Invalid, providers.Auth, providers.Funds, providers.Busy, providers.Conflict, providers.NotFound:
	}
	return 0, false
}

// page reads one page, and reports whether there may be more behind it.
func (c *Client) page(ctx context.Context, w wanted, page int, l *listing) (more bool, err error) {
	call := rest.Call{
		Name: "find", Method: http.MethodGet, Path: "/video/list", Private: []string{w.Prompt, w.StartImage},
		Query: url.Values{"page": {strconv.Itoa(page)}, "pageSize": {strconv.Itoa(pageSize)}},
	}
	err = patiently(ctx, func() error {
		var shown struct {
			Videos *[]video `json:"videos"`
		}
		answer, err := c.exchange(ctx, call, &shown)
		if err != nil {
			return err
		}
		if shown.Videos == nil {
			return c.rest.Misunderstood(call, answer, "the answer has no list of videos")
		}
		more = l.add(*shown.Videos, answer.Server)
		return nil
	})
	return more, err
}

// listing is what was read of a list.
type listing struct {
	span       *rest.Span
	seen       map[rest.Word]bool
	last       time.Time // when the video that was read last was asked for
	descending bool
	videos     []video
}

// add takes a page in that came at a time by the service's clock, and reports
// whether there may be more behind it.
func (l *listing) add(page []video, server time.Time) bool {
	l.span.Compare(server)
	fresh := false
	for _, v := range page {
		if l.seen[v.UUID] {
			continue
		}
		l.seen[v.UUID], fresh = true, true
		created := v.CreatedAt.Time()
		if created.IsZero() || !l.last.IsZero() && created.After(l.last) {
			l.descending = false
		}
		l.last = created
		l.span.Shows(created, string(v.UUID))
		l.videos = append(l.videos, v)
	}
	return fresh && (!l.descending || !l.span.Ends(l.last))
}

// recent are the videos that may be the lost one by their age, as far as all that
// was read tells.
func (l *listing) recent() []video {
	return slices.DeleteFunc(l.videos, func(v video) bool { return !l.span.Covers(v.CreatedAt.Time()) })
}

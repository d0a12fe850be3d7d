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

// Find looks for a lost video in the account's list. The video must belong to no row, must
// have been ordered since the submit by our clock or the service's, and must match the
// order. The list may cut prompts, so the start of ours matches, too. In that case, and if
// the first picture carried our reference, the details of the video are read as well, and
// decide if they say more.
//
// Several tickets mean videos that cannot be told apart. A video that may also be another
// lost row's is a [providers.Conflict] error and not a find. It may become clear once that
// row's answer has come. A video is recognised by its content, so no witness is needed.
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

// fitting returns the tickets of those recent videos that may be the lost one.
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
		// Our own reference is proof. No other video matters then.
		case how == named:
			return []job.Ticket{{Job: uuid}}, nil
		case how == no:
			continue
		}
		// Choosing between two rows would give one of them the wrong video, and order the
		// other one again.
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

// rivals returns the places of other lost rows that a video fits as well as ours.
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

// readWanted reads the lost order and rebuilds the address that was sent with it.
func readWanted(r providers.Request) (wanted, error) {
	o, err := readOrder(r.Body)
	w := wanted{order: o}
	if address, ok := referenced(o.StartImage, r.Reference); ok {
		w.sent = address
	}
	return w, err
}

// fit is how certainly a video matches the order.
type fit uint8

const (
	no     fit = iota
	begins     // its prompt is the beginning of ours, cut by the service
	same       // every shown field matches the order
	named      // it carries our reference
)

// fit compares a video with the order. A field that the answer lacks does not count against
// it.
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

// otherPicture reports whether a video has another first picture than ours. Lists show
// none, and a deployment may drop our reference.
func (w wanted) otherPicture(v video) bool {
	return v.StartImage != "" && string(v.StartImage) != w.StartImage
}

// fitPrompt compares our prompt with the shown one, which may be cut. A cut without an
// ellipsis must be long, or any short prompt would match.
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

// Resemblance returns the parts of a request that every list shows: the model, the length,
// the shape and the start of the prompt. A reference in the first picture would distinguish
// requests better, but not every deployment keeps it.
func (c *Checker) Resemblance(r providers.Request) string {
	o, err := readOrder(r.Body)
	if err != nil {
		return ""
	}
	prompt := []rune(oneSpaced(o.Prompt))
	return fmt.Sprintf("%s %v %s %s", o.Model, o.Duration.Seconds(), o.AspectRatio, string(prompt[:min(len(prompt), wholeCut)]))
}

// oneSpaced makes each run of space one space. Services change them.
func oneSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// closer reads the details of a video if they can say more than the list.
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
		// The list has the video. Only its details are missing.
		return v, how, nil
	case err != nil:
		return v, no, err
	case details.Prompt == "":
		details.Prompt = v.Prompt
	}
	return details, w.fit(details), nil
}

// recent reads all videos of a span from the list. The documentation does not say in which
// order the list is. So reading stops early only as long as the list has been newest first.
// New videos shift the pages (KEN-G9): each video counts once, and the first page is read
// again at the end. A list without pages repeats itself, which ends the reading, too
// (KEN-G12).
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
			// A video that was added meanwhile may have moved others past the reader.
			_, err = c.page(ctx, w, 1, &l)
			return l.recent(), err
		}
	}
	return nil, &providers.Error{
		Kind: providers.Contract, Call: "find",
		Message: fmt.Sprintf("the list of videos does not end within %d pages", maxPages),
	}
}

// longestPause is the longest wait of a search, if the service says when to come again.
const longestPause = 15 * time.Second

// patiently repeats a read whose answer was lost or made no sense. A search consists of
// many answers and is worthless without one of them, so over a bad line it would hardly
// ever succeed otherwise. If the last attempt fails, the search fails and proves nothing.
func patiently(ctx context.Context, read func() error) error {
	return patience.Attempts{Most: 4, Pause: 250 * time.Millisecond}.Do(ctx, read, mayPass)
}

// mayPass reports whether another request soon may succeed, and the wait before it.
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

// page reads one page. It reports whether there may be more.
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
		// A missing list is not an empty one: it proves nothing about the lost video.
		if shown.Videos == nil {
			return c.rest.Misunderstood(call, answer, "the answer has no list of videos")
		}
		more = l.add(*shown.Videos, answer.Server)
		return nil
	})
	return more, err
}

// listing holds the part of a list that was read.
type listing struct {
	span       *rest.Span
	seen       map[rest.Word]bool
	last       time.Time // when the video that was read last was asked for
	descending bool
	videos     []video
}

// add takes a page, with the time of its answer by the service's clock. It reports whether
// there may be more.
func (l *listing) add(page []video, server time.Time) bool {
	l.span.Compare(server)
	fresh := false
	for _, v := range page {
		if l.seen[v.UUID] {
			continue
		}
		l.seen[v.UUID], fresh = true, true
		created := v.CreatedAt.Time()
		// One video out of order, or without a time, and the end of the list is no longer
		// known from its last video.
		if created.IsZero() || !l.last.IsZero() && created.After(l.last) {
			l.descending = false
		}
		l.last = created
		l.span.Shows(created, string(v.UUID))
		l.videos = append(l.videos, v)
	}
	return fresh && (!l.descending || !l.span.Ends(l.last))
}

// recent returns the videos whose age fits the lost one. It is called at the end, because
// each page may move the span.
func (l *listing) recent() []video {
	return slices.DeleteFunc(l.videos, func(v video) bool { return !l.span.Covers(v.CreatedAt.Time()) })
}

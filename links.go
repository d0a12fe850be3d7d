package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// Limits on requests to servers of other people: a sheet can name a thousand pictures.
const (
	mostLinks   = 500
	linksAtOnce = 8
	linkTimeout = 15 * time.Second
	// largeMedia is the size, in bytes, from which on a file gets a warning. No service
	// documents its limit, and each fetches the file again for every row.
	largeMedia = 1 << 30
)

// askLinks asks every link once for its size and type. On the simulator no link is asked:
// it fetches nothing, and its campaigns may name files that do not exist.
func (c *Campaign) askLinks(ctx context.Context, o *online) problem.List {
	links := o.links.order
	if len(links) == 0 {
		return nil
	}
	if c.simulated() {
		c.note("note: the simulator does not fetch media, so its links are not asked: %d", len(links))
		return nil
	}
	if len(links) > mostLinks {
		c.note("note: only the first %s of %s links are asked", wording.Count(mostLinks), wording.Count(len(links)))
		links = links[:mostLinks]
	}
	// A sheet can name any address, so the asker refuses those of private networks.
	asker := publicnet.New(publicnet.Options{})
	defer asker.CloseIdleConnections()
	var found problem.List
	for i, p := range judgeLinks(ctx, asker, links) {
		if p != nil {
			found = append(found, o.placed(*p, o.links.rows[links[i]])...)
		}
	}
	return found
}

// judgeLinks returns the problem of each link, or nil.
func judgeLinks(ctx context.Context, asker linkClient, links []mediaLink) []*problem.Problem {
	found := make([]*problem.Problem, len(links))
	var group errgroup.Group
	group.SetLimit(linksAtOnce)
	for i, link := range links {
		group.Go(func() error {
			found[i] = judgeLink(ctx, asker, link)
			return nil
		})
	}
	_ = group.Wait() // the functions return problems and never an error
	return found
}

// judgeLink asks one link. An address that the service could not reach is an error; one
// that does not answer now is a warning, since it may answer later.
func judgeLink(ctx context.Context, asker linkClient, link mediaLink) *problem.Problem {
	ctx, cancel := context.WithTimeout(ctx, linkTimeout)
	defer cancel()
	answer, err := askLink(ctx, asker, link.url)
	p := &problem.Problem{Severity: problem.Error, Code: "TPL-MEDIA", Value: providers.ShowAddress(link.url)}
	switch {
	case errors.Is(err, publicnet.ErrForbidden):
		p.Message = fmt.Sprintf("the service cannot fetch %s: %v", link.field, err)
		p.Hint = "put the file where everybody can fetch it, over https"
	case err != nil:
		p.Severity = problem.Warning
		p.Code = "TPL-MEDIA-UNASKED"
		p.Message, p.Hint = fmt.Sprintf("%s could not be asked for: %v", link.field, err), "open the link in a private window of a browser"
	default:
		return link.judge(answer, p)
	}
	return p
}

// linkAnswer is the answer of a link's server.
type linkAnswer struct {
	status int
	kind   string // the content's type, without its parameters
	size   int64  // in bytes; negative if the server does not tell
}

// good reports whether the file was found: 206 is the answer to a request for its first
// byte.
func (l linkAnswer) good() bool {
	return l.status == http.StatusOK || l.status == http.StatusPartialContent
}

// answered keeps the parts of a response that are judged, and closes it.
func answered(r *http.Response) linkAnswer {
	r.Body.Close()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return linkAnswer{status: r.StatusCode, kind: kind, size: r.ContentLength}
}

// askLink asks a link for its headers. Some file stores sign a link for GET alone, so if
// HEAD is refused, one byte is asked for.
func askLink(ctx context.Context, asker linkClient, link string) (linkAnswer, error) {
	response, err := asker.Head(ctx, link)
	if err != nil {
		return linkAnswer{}, err
	}
	answer := answered(response)
	// These are the answers of servers that know no HEAD, or that have signed the link
	// for GET.
	switch answer.status {
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		if response, err = asker.Get(ctx, link, http.Header{"Range": {"bytes=0-0"}}); err != nil {
			return linkAnswer{}, err
		}
		return answered(response), nil
	}
	return answer, nil
}

// judge fills in the problem of an answer, or returns nil.
func (l mediaLink) judge(answer linkAnswer, p *problem.Problem) *problem.Problem {
	switch wanted := l.kind(); {
	case answer.status == http.StatusNotFound || answer.status == http.StatusGone:
		p.Message, p.Hint = fmt.Sprintf("%s leads nowhere: status %d", l.field, answer.status), "check the link"
	case !answer.good():
		p.Severity = problem.Warning
		p.Code = "TPL-MEDIA-UNASKED"
		p.Message, p.Hint = fmt.Sprintf("%s answers with status %d", l.field, answer.status), "the service fetches it without a password; so must everybody"
	case answer.status == http.StatusOK && answer.size == 0:
		p.Message, p.Hint = l.field+" leads to an empty file", "upload the file again"
	case answer.kind == "text/html", wanted != "" && foreign(answer.kind, wanted):
		p.Message = fmt.Sprintf("%s leads to %s, not to %s", l.field, answer.kind, cmp.Or(wanted, "a media file"))
		p.Hint = "use the link of the file itself, not of a page that shows it"
	case answer.size > largeMedia:
		p.Severity = problem.Warning
		p.Message, p.Hint = fmt.Sprintf("%s leads to a file of %d MB", l.field, answer.size>>20), "the service may refuse it, or take long"
	default:
		return nil
	}
	return p
}

// kind is the kind of media that the member's name promises: "image", "video" or "audio".
// The kind can stand anywhere in the name, as in startImageUrl.
func (l mediaLink) kind() string {
	field := strings.ToLower(l.field)
	for _, kind := range []string{"image", "video", "audio"} {
		if strings.Contains(field, kind) {
			return kind
		}
	}
	return ""
}

// foreign reports whether a content type is certainly not of the wanted kind. Many stores
// send any file as a stream of bytes.
func foreign(kind, wanted string) bool {
	main, _, _ := strings.Cut(kind, "/")
	switch main {
	case "image", "video", "audio", "text":
		return main != wanted
	}
	return false
}

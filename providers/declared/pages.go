package declared

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// maxPages is how many pages of a list are read before it is given up.
const maxPages = 100

// pages reads a list of the service, page by page.
type pages struct {
	client *client
	name   string // of the call, for errors
	call   Call
	items  string
	next   *Next
	absent []int // statuses of an empty list
	v      values
	clock  func(time.Time) // is told of the service's clock; nil: nothing is
}

// read calls see for the items of each page, with the whole answer, until that says that the
// rest is not needed.
func (p *pages) read(ctx context.Context, see func(body any, items []any) (ends bool)) error {
	seen := map[string]bool{}
	address := ""
	count := 0
	if n := p.next; n != nil && n.Page != nil {
		p.v.page = strconv.Itoa(*n.Page)
	}
	if n := p.next; n != nil && n.Offset {
		p.v.offset = "0"
	}
	for range maxPages {
		body, items, err := p.page(ctx, address)
		if err != nil {
			return err
		}
		count += len(items)
		ends := see(body, items)
		next := p.following(body, len(items), count)
		if ends || next == "" {
			return nil
		}
		// A cursor that comes again would make the list endless.
		if seen[next] {
			break
		}
		seen[next] = true
		address = p.turn(next)
	}
	return &providers.Error{Kind: providers.Contract, Call: p.name, Message: fmt.Sprintf("the list does not end within %d pages", maxPages)}
}

// page reads one page. A status that says that there is no such job is an empty one.
func (p *pages) page(ctx context.Context, address string) (body any, items []any, err error) {
	from := p.call
	more := url.Values(nil)
	if address != "" {
		from.URL = "/next"
		from.Query = nil
		more = url.Values{"next": {address}}
	}
	call, err := p.client.call(p.name, from, p.v, more)
	if err != nil {
		return nil, nil, &providers.Error{Kind: providers.Contract, Call: p.name, Message: err.Error()}
	}
	a, answer, err := p.client.exchange(ctx, call)
	switch {
	case err != nil && oneOf(answer.Status, p.absent):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case a.body == nil && len(answer.Body) > 0:
		return nil, nil, p.client.rest.Misunderstood(call, answer, "the answer has no list")
	}
	if p.clock != nil {
		p.clock(answer.Server)
	}
	if p.items != "" {
		if _, there := lookup(a.body, p.items); !there {
			return nil, nil, p.client.rest.Misunderstood(call, answer, "the answer has no list")
		}
	}
	return a.body, listed(a.body, p.items), nil
}

// listed are the items of an answer: a list, or the one thing that it is about.
func listed(body any, at string) []any {
	found, ok := lookup(body, at)
	if !ok {
		return nil
	}
	if list, isList := found.([]any); isList {
		return list
	}
	return []any{found}
}

// following is what the next page is asked for with; empty at the end of the list.
func (p *pages) following(body any, items, count int) string {
	n := p.next
	switch {
	case n == nil:
		return ""
	case n.Cursor != "":
		return Pointers{n.Cursor}.text(body)
	case n.URL != "":
		return Pointers{n.URL}.text(body)
	case items == 0 || items < n.Size:
		return ""
	case n.Page != nil:
		page, err := strconv.Atoi(p.v.page)
		if err != nil {
			return ""
		}
		return strconv.Itoa(page + 1)
	case n.Offset:
		return strconv.Itoa(count)
	}
	return ""
}

// turn puts what leads to the next page in its place. It returns an address, where that is
// what leads there.
func (p *pages) turn(next string) (address string) {
	switch n := p.next; {
	case n.Cursor != "":
		p.v.cursor = next
	case n.URL != "":
		return next
	case n.Page != nil:
		p.v.page = next
	default:
		p.v.offset = next
	}
	return ""
}

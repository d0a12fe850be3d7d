package declared

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/schema"
)

// Kinds implements [providers.Lister].
func (c *client) Kinds() []string { return slices.Sorted(maps.Keys(c.d.Assets)) }

// Assets implements [providers.Lister].
func (c *client) Assets(ctx context.Context, kind string) ([]providers.Asset, error) {
	l, known := c.d.Assets[kind]
	if !known {
		return nil, rest.Invalid("assets", "%s lists no %q", c.d.Name, kind)
	}
	return c.list(ctx, "assets", l, values{})
}

// list reads a list of things with names.
func (c *client) list(ctx context.Context, name string, l Listing, v values) (all []providers.Asset, err error) {
	p := pages{client: c, name: name, call: l.Call, items: l.Items, next: l.Next, v: v}
	err = p.read(ctx, func(_ any, items []any) bool {
		for _, item := range items {
			for _, a := range l.named(item) {
				all = append(all, providers.Asset{Name: c.rest.Clean(a.Name), Label: c.rest.Clean(a.Label)})
			}
		}
		return false
	})
	return all, err
}

// named are the things of one item: those that are the members of an object, or the item
// itself. What has no name is left out.
func (l Listing) named(item any) (list []providers.Asset) {
	if members, isObject := item.(map[string]any); isObject && l.Name == "{key}" {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			list = append(list, providers.Asset{Name: name, Label: l.Label.text(members[name])})
		}
		return list
	}
	if name, ok := text(item, l.Name); ok && name != "" {
		list = append(list, providers.Asset{Name: name, Label: l.Label.text(item)})
	}
	return list
}

// Discover implements [providers.Discoverer].
func (c *client) Discover(ctx context.Context, r providers.Request) ([]providers.Asset, error) {
	o, known := c.d.operation(r.Operation)
	if !known || o.discover() == nil {
		return nil, rest.Invalid("discover", "%s cannot be asked for the variables of a template", c.d.Title)
	}
	v, err := c.about(o, r)
	if err != nil {
		return nil, rest.Invalid("discover", "%v", err)
	}
	return c.discovered(ctx, o, v)
}

// discover is how the variables of a saved template are asked for; nil where they are not.
func (o *Operation) discover() *Listing {
	if o.Variables == nil {
		return nil
	}
	return o.Variables.Discover
}

// discovered asks for the variables of a template, once for each.
func (c *client) discovered(ctx context.Context, o *Operation, v values) ([]providers.Asset, error) {
	call, err := c.call("discover", o.discover().Call, v, nil)
	if err != nil {
		return nil, rest.Invalid("discover", "%v", err)
	}
	address := call.URL + "?" + call.Query.Encode()
	c.mu.Lock()
	defer c.mu.Unlock()
	if list, known := c.templates[address]; known {
		return list, nil
	}
	list, err := c.list(ctx, "discover", *o.discover(), v)
	if err == nil {
		if c.templates == nil {
			c.templates = map[string][]providers.Asset{}
		}
		c.templates[address] = list
	}
	return list, err
}

// Template says where a request names its saved template, and where its variables are: the
// first is what stands in the address that asks for them. Both are empty where none asks.
func (d *Description) Template(operation string) (pointer string, at string) {
	o, known := d.operation(operation)
	if !known || o.discover() == nil {
		return "", ""
	}
	call := o.discover().Call
	for _, t := range append([]Text{call.Path}, slices.Collect(maps.Values(call.Query))...) {
		for _, p := range t.pieces {
			if p.hole == "request" {
				return p.of, o.Variables.At
			}
		}
	}
	return "", ""
}

// Vet implements [providers.Vetter].
func (c *client) Vet(ctx context.Context, r providers.Request) (found problem.List, err error) {
	o, known := c.d.operation(r.Operation)
	if !known {
		return nil, rest.Invalid("check", "%s has no operation %q", c.d.Name, r.Operation)
	}
	v, err := c.about(o, r)
	if err != nil {
		return nil, rest.Invalid("check", "%v", err)
	}
	if o.discover() != nil {
		if found, err = c.vetVariables(ctx, o, v); err != nil {
			return nil, err
		}
	}
	if o.Check == nil {
		return found, nil
	}
	more, err := c.vetRequest(ctx, o, v, r)
	return append(found, more...), err
}

// vetVariables compares the variables of a request with those of the saved template.
func (c *client) vetVariables(ctx context.Context, o *Operation, v values) (found problem.List, err error) {
	given, _ := lookup(v.request, o.Variables.At)
	values, ok := given.(map[string]any)
	if given != nil && !ok {
		return nil, nil // they are written in the vendor's shape
	}
	known, err := c.discovered(ctx, o, v)
	if k := providers.KindOf(err); err != nil && (k == providers.NotFound || k == providers.Invalid) {
		return problem.List{{Code: "SVC-TEMPLATE", Message: fmt.Sprintf("%s has no such template, or this account may not use it", c.d.Title), Hint: "copy its id from " + c.d.Title}}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.d.compared(o.Variables.At, values, known), nil
}

// compared lists the differences between the variables of a request and those of a template.
func (d *Description) compared(at string, given map[string]any, known []providers.Asset) (found problem.List) {
	var names, unfilled []string
	for _, a := range known {
		names = append(names, a.Name)
		if _, filled := given[a.Name]; !filled {
			unfilled = append(unfilled, a.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			found = append(found, problem.Problem{
				Code: "SVC-VARIABLE", Place: problem.Place{Pointer: at + "/" + schema.PointerPart(name)}, Value: name,
				Message: fmt.Sprintf("the template at %s has no variable %q", d.Title, name),
				Hint:    wording.NearestOr(name, names, "it has "+cmp.Or(strings.Join(names, ", "), "none")),
			})
		}
	}
	if len(unfilled) == 0 {
		return found
	}
	return append(found, problem.Problem{
		Severity: problem.Warning, Code: "SVC-UNFILLED", Place: problem.Place{Pointer: at}, Value: strings.Join(unfilled, ", "),
		Message: fmt.Sprintf("the template at %s has variables that the request does not fill: %s", d.Title, strings.Join(unfilled, ", ")),
		Hint:    "fill them, unless what stands in the template is meant for all",
	})
}

// vetRequest asks the free call about a request.
func (c *client) vetRequest(ctx context.Context, o *Operation, v values, r providers.Request) (found problem.List, err error) {
	call, err := c.call("check", o.Check.Call, v, nil)
	if err != nil {
		return nil, rest.Invalid("check", "%v", err)
	}
	call.Private = private(v.request)
	if call, err = o.encodeAs(o.Check.Call.Body, call, o.body(v), r); err != nil {
		return nil, rest.Invalid("check", "%v", err)
	}
	a, _, err := c.exchange(ctx, call)
	if e, refused := errors.AsType[*providers.Error](err); refused && e.Kind == providers.Invalid {
		return problem.List{{Code: "SVC-REFUSED", Message: c.d.Title + " would refuse it: " + e.Message, Hint: "correct the value"}}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, said := range []struct {
		at       Pointers
		severity problem.Severity
	}{{o.Check.Errors, problem.Error}, {o.Check.Warnings, problem.Warning}} {
		for _, s := range said.at.texts(a.body) {
			found = append(found, problem.Problem{Severity: said.severity, Code: "SVC-REFUSED", Message: c.d.Title + " says: " + c.rest.Clean(s, call.Private...), Hint: "correct the value"})
		}
	}
	return found, nil
}

// texts are a text, or those of a list.
func (p Pointers) texts(document any) (list []string) {
	for _, pointer := range p {
		found, _ := lookup(document, pointer)
		items, isList := found.([]any)
		if !isList {
			items = []any{found}
		}
		for _, item := range items {
			if s, plain := scalar(item); plain && s != "" {
				list = append(list, s)
			} else if written, err := encode(item); err == nil && item != nil && !plain {
				list = append(list, string(written))
			}
		}
	}
	return list
}

// MayVet reports whether a request is one of the free calls that a check may make besides
// reading, and cannot be a paid one (invariant L13). Base is the address of the service.
func (d *Description) MayVet(r *http.Request, base string) bool {
	base = strings.TrimRight(base, "/")
	asked := r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
	is := func(call Call) bool {
		elsewhere := strings.TrimPrefix(call.Base.source, "https://")
		return r.Method == call.Method && slices.ContainsFunc([]string{cmp.Or(call.Base.source, base), base + "/-/" + elsewhere}, func(front string) bool {
			return newText(front + call.Path.source).covers(asked)
		})
	}
	may := false
	for _, o := range d.Operations {
		if is(o.Submit.Call) {
			return false
		}
		may = may || o.Check != nil && is(o.Check.Call)
	}
	return may
}

package declared

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/schema"
)

// Recorder is a client that can note what its service answers to calls that cost nothing.
type Recorder interface {
	// Record notes the answers about an operation and one of its jobs; without a ticket,
	// those that are about no job. The error says what could not be asked.
	Record(ctx context.Context, r providers.Request, t job.Ticket) ([]Recording, error)
}

// Line writes a recording as a line of a description.
func (r Recording) Line() string {
	var members []string
	for _, m := range []struct {
		name  string
		value any
		there bool
	}{
		{"call", r.Call, true}, {"operation", r.Operation, r.Operation != ""}, {"index", r.Index, r.Index > 0}, {"kind", r.Kind, r.Kind != ""},
		{"named", r.Named, r.Named != ""}, {"from", r.From, true}, {"status", r.Status, true}, {"body", r.Body, r.Body != nil},
	} {
		if text, err := encode(m.value); err == nil && m.there {
			members = append(members, m.name+": "+string(text))
		}
	}
	return "  - {" + strings.Join(members, ", ") + "}"
}

// free is a free call whose answer is noted.
type free struct {
	Recording
	call  Call
	items string   // where a list is
	ours  Pointers // in an item, or in an answer without a list: ids and names
	plain Pointers // there: words of the service and lengths of time, which are noted as they are
	read  *Read    // tells how a job is doing
}

// Record implements [Recorder].
func (c *client) Record(ctx context.Context, r providers.Request, t job.Ticket) (noted []Recording, failed error) {
	o, known := c.d.operation(r.Operation)
	if !known {
		return nil, fmt.Errorf("%s has no operation %q", c.d.Name, r.Operation)
	}
	v, err := c.about(o, r)
	if err != nil {
		return nil, err
	}
	v.job, v.since = t.Job, today().Add(-24*time.Hour).UTC().Format(time.RFC3339)
	result, more := o.unpacked(t)
	v.result = result
	for _, f := range c.d.free(o, strings.TrimPrefix(r.Operation, c.d.Name+"/"), t.Job != "") {
		call, err := c.call(f.Call, f.call, v, more)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", f.Call, err))
			continue
		}
		a, answer, err := c.exchange(ctx, call)
		if answer.Status == 0 {
			failed = errors.Join(failed, err)
			continue
		}
		if f.read != nil && answer.Status/100 == 2 {
			f.Named = outcomes[c.progress(*f.read, f.read.Status.text(a.body), a, v).Outcome]
		}
		f.From, f.Status = "live", answer.Status
		if a.body != nil {
			f.Body, err = encode(f.without(a.body, "", 0))
			failed = errors.Join(failed, err)
		}
		noted = append(noted, f.Recording)
	}
	return noted, failed
}

// outcomes are the names of recordings.
var outcomes = map[providers.Outcome]string{
	providers.Running: "running", providers.Succeeded: "succeeded", providers.Failed: "failed", providers.Cancelled: "cancelled",
}

// free lists the free calls about an operation, and about a job of it if there is one.
func (d *Description) free(o *Operation, name string, withJob bool) (list []free) {
	for i, read := range o.reads() {
		at := Recording{Call: "poll", Operation: name}
		if i > 0 {
			at = Recording{Call: "then", Operation: name, Index: i - 1}
		}
		if withJob {
			list = append(list, free{Recording: at, call: read.Call, ours: read.Same, plain: append(slices.Clone(read.Status), read.Result.Duration.places()...), read: &read})
		}
	}
	if f := o.Submit.Lost.Find; f != nil {
		list = append(list, free{Recording: Recording{Call: "find", Operation: name}, call: f.Call, items: f.Items, ours: append(slices.Sorted(maps.Keys(f.Match)), f.Job...), plain: f.Created.places()})
	}
	if l := o.discover(); l != nil {
		list = append(list, free{Recording: Recording{Call: "discover", Operation: name}, call: l.Call, items: l.Items, ours: Pointers{l.Name}})
	}
	for _, kind := range slices.Sorted(maps.Keys(d.Assets)) {
		l := d.Assets[kind]
		list = append(list, free{Recording: Recording{Call: "assets", Kind: kind}, call: l.Call, items: l.Items, ours: Pointers{l.Name}})
	}
	if b := d.Money.Balance; b != nil {
		list = append(list, free{Recording: Recording{Call: "balance"}, call: b.Call})
	}
	return list
}

// places are the pointers of a value; none where there is no value.
func (v *Value) places() Pointers {
	if v == nil {
		return nil
	}
	return v.At
}

// enough is how many items of a list are noted.
const enough = 2

// without is a value of an answer without what belongs to the account or to a customer: the
// members stay, and what kind of value they have.
func (f free) without(v any, at string, n int) any {
	inItem := at
	if rest, below := strings.CutPrefix(at, f.items+"/"); below && f.items != "" || f.items == "" && n > 0 {
		_, inItem, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		inItem = "/" + inItem
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out[name] = f.without(v[name], at+"/"+schema.PointerPart(name), n)
		}
		return out
	case []any:
		out := []any{}
		for i, item := range v[:min(len(v), enough)] {
			out = append(out, f.without(item, fmt.Sprintf("%s/%d", at, i), i+1))
		}
		return out
	case bool, nil:
		return v
	}
	switch {
	case slices.Contains(f.plain, inItem) || slices.Contains(f.plain, at):
		return v
	case slices.Contains(f.ours, inItem) || slices.Contains(f.ours, at):
		return fmt.Sprintf("id_%d", max(n, 1))
	}
	if _, number := v.(json.Number); number {
		return 1
	}
	return likeness(fmt.Sprint(v))
}

// likeness is a text of the same kind, with nothing of what it says.
func likeness(s string) string {
	if s == "" {
		return s
	}
	if u, err := url.Parse(s); err == nil && u.Scheme == "https" && u.Host != "" {
		return "https://" + u.Host + "/private" + path.Ext(u.Path)
	}
	if !moment(s, "").IsZero() {
		return "2026-01-02T03:04:05Z"
	}
	if _, err := json.Number(s).Float64(); err == nil {
		return "1"
	}
	return "private"
}

package declared

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
	"github.com/reelmerge/reelmerge/schema"
)

// Submit asks for one paid job with one exchange. The same request makes the same bytes:
// a service that knows a submit by its key would refuse others.
func (c *client) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	o, known := c.d.operation(r.Operation)
	if !known {
		return providers.Receipt{}, rest.Invalid("submit", "%s has no operation %q", c.d.Name, r.Operation)
	}
	if c.d.Ended(today()) {
		return providers.Receipt{}, rest.Invalid("submit", "%s ended on %s", c.d.Title, c.d.Sunset)
	}
	if c.d.probe == nil {
		return c.send(ctx, o, r)
	}
	if o.Submit.Lost.Key != nil && r.Key == "" {
		r.Key = probeKey(r)
	}
	since := today()
	receipt, err := c.send(ctx, o, r)
	if err == nil {
		c.d.probe.start(c, o, r, receipt.Ticket, since)
	}
	return receipt, err
}

// send makes the paid exchange.
func (c *client) send(ctx context.Context, o *Operation, r providers.Request) (providers.Receipt, error) {
	placed, err := c.place(ctx, o, r)
	if err != nil {
		return providers.Receipt{}, err
	}
	call, v, err := c.paid(o, r, placed)
	if err != nil {
		return providers.Receipt{}, rest.Invalid("submit", "%v", err)
	}
	a, answer, err := c.exchange(ctx, call)
	if err != nil {
		return providers.Receipt{}, c.keyed(err, o, a, answer)
	}
	return c.receipt(o, v, a, answer, call)
}

// keyed says what a refusal means where a key goes along. That the first send is still being
// worked on, or that the key was used before, is no word that nothing was created.
func (c *client) keyed(err error, o *Operation, a answered, answer rest.Answer) error {
	k := o.Submit.Lost.Key
	e, ok := err.(*providers.Error) //nolint:errorlint // rest returns this type itself
	switch {
	case !ok || k == nil:
	case oneOf(answer.Status, k.InProgress):
		e.Kind = providers.Unknown
		e.Key = providers.KeyInProgress
	case oneOf(answer.Status, k.Changed):
		e.Kind = providers.Unknown
		e.Key = providers.KeyChanged
	case k.Replayed.shows(a):
		e.Key = providers.KeyReplayed
	}
	return err
}

// shows reports whether an answer is marked as one that was given before.
func (m *Mark) shows(a answered) bool {
	if m == nil {
		return false
	}
	want, _ := scalar(m.Is)
	got := a.header.Get(m.Header)
	if m.At != nil {
		got, _ = text(a.body, *m.At)
	}
	return got != "" && strings.EqualFold(got, want)
}

// Sent implements [providers.Keyed].
func (c *client) Sent(r providers.Request) (hash [32]byte, err error) {
	o, known := c.d.operation(r.Operation)
	if !known || o.Submit.Lost.Key == nil {
		return hash, fmt.Errorf("%s has no key", r.Operation)
	}
	r.Key = ""
	call, _, err := c.paid(o, r, nil)
	if err != nil {
		return hash, err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %q ", call.Method, call.URL, call.Query.Encode(), call.Type)
	if call.Body != nil {
		if _, err := io.Copy(sum, call.Body); err != nil {
			return hash, err
		}
	}
	return [32]byte(sum.Sum(nil)), nil
}

// Now implements [providers.Keyed].
func (c *client) Now() time.Time { return c.rest.Now() }

// receipt reads the answer to an accepted submit. Without an id the job could not be
// followed. It may exist, so this is no proof that nothing happened.
func (c *client) receipt(o *Operation, v values, a answered, answer rest.Answer, call rest.Call) (providers.Receipt, error) {
	s := o.Submit
	if len(s.Accepted) > 0 && !oneOf(answer.Status, s.Accepted) {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, fmt.Sprintf("%d is none of the statuses of an accepted submit", answer.Status))
	}
	if s.RefusedWhen != nil {
		if _, refused := lookup(a.body, *s.RefusedWhen); refused {
			e := rest.Invalid("submit", "%s", c.rest.Clean(orElse(c.d.Message.text(a.body), "the service refuses the request"), call.Private...))
			e.Status = answer.Status
			e.Rate = answer.Rate
			return providers.Receipt{}, e
		}
	}
	id := s.Ticket.Job.id(a.body)
	switch {
	case id == "":
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names no job")
	case v.job != "" && id != v.job:
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, "the answer names another job than the one that was asked for")
	}
	more, missing := ticketMore(s.Ticket.More, a.body)
	if missing != "" {
		return providers.Receipt{}, c.rest.Misunderstood(call, answer, fmt.Sprintf("the answer has no %s of the job", missing))
	}
	return providers.Receipt{
		Ticket: job.Ticket{Job: id, Result: packed(s.Ticket.Result.id(a.body), more)},
		Held:   charge(s.Held, a), Rate: answer.Rate,
	}, nil
}

// ticketMore reads the further texts of a ticket. It names one that is missing.
func ticketMore(from map[string]Pointers, body any) (more url.Values, missing string) {
	const longest = 2048
	more = url.Values{}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		s := from[name].text(body)
		if s == "" || len(s) > longest {
			return nil, name
		}
		more.Set(name, s)
	}
	return more, ""
}

// charge reads an amount that the service names; unknown where it names none.
func charge(from *Charge, a answered) credit.Charge {
	if from == nil {
		return credit.Charge{}
	}
	sum, ok := amount(from.Amount.read(a, values{}))
	if !ok {
		return credit.Charge{}
	}
	return credit.Charge{Amount: sum, Basis: credit.Observed}
}

func orElse(said, otherwise string) string {
	if said == "" {
		return otherwise
	}
	return said
}

// paid makes the request of a submit, and tells what it was filled with.
func (c *client) paid(o *Operation, r providers.Request, placed placed) (rest.Call, values, error) {
	v, err := c.about(o, r)
	if err != nil {
		return rest.Call{}, v, err
	}
	body := o.body(v)
	for pointer, use := range placed {
		put(body, pointer, use)
	}
	call, err := c.call("submit", o.Submit.Call, v, nil)
	if err != nil {
		return rest.Call{}, v, err
	}
	call.Paid = true
	call.Private = private(v.request)
	if k := o.Submit.Lost.Key; k != nil && r.Key != "" {
		switch k.In {
		case "header":
			call.Header.Set(k.Name, r.Key)
		case "query":
			call.Query.Set(k.Name, r.Key)
		case "body":
			put(body, k.Name, r.Key)
		}
	}
	call, err = o.encode(call, body, r)
	return call, v, err
}

// about is what the holes of a request's calls are filled with.
func (c *client) about(o *Operation, r providers.Request) (values, error) {
	request, err := decode(r.Body)
	if err != nil {
		return values{}, rest.ErrNoObject
	}
	if _, isObject := request.(map[string]any); !isObject {
		return values{}, rest.ErrNoObject
	}
	v := values{reference: r.Reference, key: r.Key, request: request, settings: c.settings}
	if o.Submit.Put.Job != nil {
		v.job = r.Reference
	}
	if r.Callback != "" {
		v.callback, err = rest.CallbackURL(r, c.secret)
	}
	return v, err
}

// body is the request as it is sent: variables in the vendor's shape, with what of ours
// belongs into it, and without what goes into the path.
func (o *Operation) body(v values) map[string]any {
	body, _ := clone(v.request).(map[string]any) // about has seen to it
	if o.Variables != nil {
		o.Variables.shape(body)
	}
	for _, u := range o.Uploads {
		remove(body, u.At)
	}
	for _, pointer := range o.Submit.Call.Path.takes() {
		remove(body, pointer)
	}
	for pointer, fixed := range o.Submit.Fixed {
		put(body, pointer, fixed)
	}
	for _, ours := range []struct {
		at   *string
		what string
	}{{o.Submit.Put.Callback, v.callback}, {o.Submit.Put.Reference, v.reference}, {o.Submit.Put.Job, v.job}} {
		if ours.at != nil && ours.what != "" {
			put(body, *ours.at, ours.what)
		}
	}
	return body
}

// shape changes the variables at their place from names and values into what the vendor
// wants. What is written in the vendor's shape already stays.
func (s *Variables) shape(body map[string]any) {
	found, _ := lookup(body, s.At)
	given, ok := found.(map[string]any)
	if !ok {
		return
	}
	var list []any
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, plain := scalar(given[name])
		if !plain {
			list = append(list, given[name])
			continue
		}
		item := given[name]
		if s.Item != nil {
			item = variable(s.Item, name, value)
		}
		given[name] = item
		list = append(list, item)
	}
	if s.Shape == "list" {
		put(body, s.At, append([]any{}, list...))
	}
}

// variable puts a name and a value into an item.
func variable(item any, name, value string) any {
	switch item := item.(type) {
	case string:
		return strings.NewReplacer("{name}", name, "{value}", value).Replace(item)
	case map[string]any:
		out := map[string]any{}
		for k, below := range item {
			out[k] = variable(below, name, value)
		}
		return out
	}
	return item
}

// encode writes the body of a submit.
func (o *Operation) encode(call rest.Call, body map[string]any, r providers.Request) (rest.Call, error) {
	return o.encodeAs(o.Submit.Call.Body, call, body, r)
}

// encodeAs writes a body in one of the forms that a call may have.
func (o *Operation) encodeAs(form string, call rest.Call, body map[string]any, r providers.Request) (rest.Call, error) {
	switch form {
	case "none":
		return call, nil
	case "form":
		fields, err := fields(body)
		if err != nil {
			return call, err
		}
		text := []byte(fields.Encode())
		call.Body = bytes.NewReader(text)
		call.Length = int64(len(text))
		call.Type = "application/x-www-form-urlencoded"
		return call, nil
	case "multipart":
		return o.multipart(call, body, r)
	}
	text, err := encode(body)
	return call.JSON(text), err
}

// fields are the members of a body as fields of a form. Objects and lists are written as
// JSON.
func fields(body map[string]any) (url.Values, error) {
	out := url.Values{}
	for name, v := range body {
		s, ok := scalar(v)
		if !ok {
			b, err := encode(v)
			if err != nil {
				return nil, err
			}
			s = string(b)
		}
		out.Set(name, s)
	}
	return out, nil
}

// multipart writes a form with files. Its boundary follows from what is in it, so that the
// same request is the same bytes.
func (o *Operation) multipart(call rest.Call, body map[string]any, r providers.Request) (rest.Call, error) {
	fields, err := fields(body)
	if err != nil {
		return call, err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q", fields.Encode())
	for _, m := range r.Media {
		fmt.Fprintf(sum, "%q %q", m.Part, m.SHA256)
	}
	form, err := upload.NewForm(hex.EncodeToString(sum.Sum(nil)[:20]))
	if err != nil {
		return call, err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := form.Field(name, fields.Get(name)); err != nil {
			return call, err
		}
	}
	for _, u := range o.Uploads {
		if u.How != "part" {
			continue
		}
		file, err := upload.Planned(r.Media, u.part(), u.most())
		if err != nil {
			return call, err
		}
		if err := form.File(u.part(), file); err != nil {
			return call, err
		}
	}
	if err := form.Close(); err != nil {
		return call, err
	}
	call.Body = form.Body()
	call.Length = form.Length()
	call.Type = form.Type()
	return call, nil
}

// encode writes JSON without escapes for HTML. Members are in the order of their names.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// clone copies a decoded document.
func clone(v any) any { return mapped(v, func(leaf any) any { return leaf }) }

// mapped copies a decoded document, with each of its leaves changed.
func mapped(v any, change func(leaf any) any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, below := range v {
			out[i] = mapped(below, change)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, below := range v {
			out[name] = mapped(below, change)
		}
		return out
	}
	return change(v)
}

// put sets the member at a pointer. Objects on the way are made where they are missing.
func put(body map[string]any, pointer string, v any) {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, part := range parts {
		part = unescape(part)
		if i == len(parts)-1 {
			body[part] = v
			return
		}
		below, ok := body[part].(map[string]any)
		if !ok {
			below = map[string]any{}
			body[part] = below
		}
		body = below
	}
}

// remove takes out the member at a pointer.
func remove(body map[string]any, pointer string) {
	at := strings.LastIndexByte(pointer, '/')
	if at < 0 {
		return
	}
	parent, _ := lookup(body, pointer[:at])
	if m, ok := parent.(map[string]any); ok {
		delete(m, unescape(pointer[at+1:]))
	}
}

func unescape(part string) string {
	if !strings.Contains(part, "~") {
		return part // as nearly all are, and a replacer takes longer to make than to use
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
}

// private lists the texts of a request, which errors must not repeat.
func private(v any) (texts []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, below := range v {
			texts = append(texts, private(below)...)
		}
	case map[string]any:
		for _, below := range v {
			texts = append(texts, private(below)...)
		}
	}
	return texts
}

// requestSchema is the JSON Schema of an operation's request, as editors want it.
func (d *Description) requestSchema(name string) []byte {
	tree, err := decode(d.Operations[name].Request)
	request, ok := tree.(map[string]any)
	if err != nil || !ok {
		request = map[string]any{"type": "object"}
	}
	id := "https://reelmerge.github.io/schema/" + schema.NameOf(d.Name+"/"+name) + ".schema.json"
	for member, v := range map[string]any{"$schema": "http://json-schema.org/draft-07/schema#", "$id": id, "title": d.Title + " " + name, "description": d.Operations[name].Summary} {
		if request[member] == nil {
			request[member] = v
		}
	}
	if example := d.Operations[name].Example; example != nil && request["examples"] == nil {
		request["examples"] = []any{mustDecode(example)}
	}
	text, err := encode(request)
	if err != nil {
		return nil
	}
	return text
}

// compileRequest compiles that schema.
func (d *Description) compileRequest(name string) (*schema.Schema, error) {
	return schema.Compile(name, d.requestSchema(name))
}

// starter is a template to begin with, where the description has an example of a request.
// Its texts in braces are the variables, and their names stand for values in a first sheet.
func (d *Description) starter(name string) []byte {
	example := d.Operations[name].Example
	if example == nil {
		return nil
	}
	variables := map[string]any{}
	for _, s := range private(mustDecode(example)) {
		for _, m := range variableName.FindAllStringSubmatch(s, -1) {
			variables[m[1]] = map[string]any{"type": "string", "minLength": 1, "example": strings.ToUpper(m[1][:1]) + strings.ReplaceAll(m[1][1:], "_", " ")}
		}
	}
	text, err := json.MarshalIndent(map[string]any{"operation": d.Name + "/" + name, "request": example, "variables": variables}, "", "  ")
	if err != nil {
		return nil
	}
	return append(text, '\n')
}

var variableName = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// mustDecode decodes what the loader has decoded before.
func mustDecode(data []byte) any {
	v, err := decode(data)
	if err != nil {
		return nil
	}
	return v
}

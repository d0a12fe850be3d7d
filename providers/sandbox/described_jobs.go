package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// usualLength is how long a video lasts where nothing says so.
const usualLength = 10 * time.Second

// order is a submit as the description has it.
type order struct {
	body   fields
	raw    []byte
	length time.Duration // of a sound in it; 0: none

	content fields // the body without what differs each time
}

// create accepts a job.
func (d described) create(c *call, to route) reply {
	o := d.offers[to.operation]
	in, refused := d.read(c, o)
	if refused != nil {
		return d.dialect().refusal(*refused)
	}
	in.content = duplicate(in.body).(fields)
	if refused := d.places(o, in.content); refused != nil {
		return d.dialect().refusal(*refused)
	}
	draft := d.draft(c, to, o, in)
	draft.Base, draft.Owner = c.base, c.owner
	memory := d.memory(c, o, in)
	var err error
	if draft.Facts, err = json.Marshal(memory); err != nil {
		return reply{fault: dropped}
	}
	var earlier *job // that the same key brought about
	odds, made := chance{subject: draft.Content}, false
	r := d.dialect().submit(c, draft, func(b *books) *refusal {
		odds.try, odds.serial = b.tries[draft.Content], b.submits
		if known := d.remembered(b, c.owner, o, memory); known != nil && !d.dice.happens(odds, keyIgnored) {
			copied := *known // the job goes on changing under the lock of the books
			earlier = &copied
			return &refusal{status: http.StatusOK}
		}
		refused := d.admit(b, c.owner)
		made = refused == nil
		return refused
	}, func(j job) reply { return d.accepted(c, j) })
	if earlier != nil {
		return d.again(c, o, *earlier, memory, odds)
	}
	if !made {
		return d.rememberRefusal(draft, o, memory, r)
	}
	return r
}

// draft is the job that an order asks for.
func (d described) draft(c *call, to route, o fields, in order) job {
	j := job{ID: "d" + newID(), Operation: d.name + "/" + to.operation, Body: in.raw, BodyHash: hash(in.raw), Length: d.length(o, in), Unit: d.unit()}
	if own := word(in.body, word(o, "/submit/put/job")); word(o, "/submit/put/job") != "" && own != "" {
		j.ID = own
	}
	j.Webhook = word(in.body, orNothing(word(o, "/submit/put/callback")))
	for name, v := range object(o, "/submit/call/query") {
		if v == "{callback}" {
			j.Webhook = c.URL.Query().Get(name)
		}
	}
	j.Reference = word(in.body, orNothing(word(o, "/submit/put/reference")))
	if j.Reference == "" {
		j.Reference = queryReference(j.Webhook)
	}
	for _, ours := range []string{"callback", "reference", "job"} {
		if p := word(o, "/submit/put/"+ours); p != "" {
			cut(in.content, p)
		}
	}
	j.Content = contentOf(j.Operation, in.content)
	j.Price = d.price(o, in, j.Length)
	return j
}

// orNothing turns a pointer that is not given into one that leads nowhere.
func orNothing(pointer string) string {
	if pointer == "" {
		return "/\x00"
	}
	return pointer
}

// cut takes a member out of an object.
func cut(doc fields, pointer string) {
	i := strings.LastIndexByte(pointer, '/')
	if parent := object(doc, pointer[:i]); parent != nil {
		delete(parent, pointer[i+1:])
	}
}

// read reads the body of a submit in the form that the description has.
func (d described) read(c *call, o fields) (order, *refusal) {
	switch word(o, "/submit/call/body") {
	case "multipart":
		return d.readForm(c, o)
	case "form":
		text, err := io.ReadAll(io.LimitReader(c.Body, maxJSON))
		values, bad := url.ParseQuery(string(text))
		if err != nil || bad != nil {
			return order{}, badRequest("The form could not be read.")
		}
		body := fields{}
		for name := range values {
			body[name] = values.Get(name)
		}
		return order{body: body, raw: encode(body)}, nil
	case "none":
		return order{body: fields{}, raw: []byte("{}")}, nil
	}
	body, raw, refused := c.object()
	if refused != nil {
		return order{}, refused
	}
	// What goes into the path is not in the body.
	for _, name := range strings.Split(word(o, "/submit/call/path"), "{take:/")[1:] {
		name, _, _ = strings.Cut(name, "}")
		body[name] = "in the path"
	}
	return order{body: body, raw: raw}, d.complete(o, body)
}

// complete refuses a body without what the request must have.
func (d described) complete(o, body fields) *refusal {
	required, _ := at(o, "/request/required")
	list, _ := required.([]any)
	for _, name := range list {
		if name, ok := name.(string); ok && body[name] == nil {
			return badRequest("Missing: " + name)
		}
	}
	return nil
}

// readForm reads a multipart submit without keeping the files.
func (d described) readForm(c *call, o fields) (order, *refusal) {
	form, err := c.MultipartReader()
	if err != nil {
		return order{}, badRequest("Expected multipart/form-data")
	}
	in := order{body: fields{}}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			in.raw = encode(in.body)
			return in, d.complete(o, in.body)
		}
		if err != nil {
			return in, badRequest("Malformed multipart body")
		}
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, maxJSON))
			if err != nil {
				return in, badRequest("Malformed multipart body")
			}
			in.body[part.FormName()] = string(text)
			continue
		}
		file, refused := readFile(part, append(soundTypes(), imageTypes()...))
		if refused != nil {
			return in, refused
		}
		in.body[part.FormName()] = fields{"type": file.Type, "size": file.Size, "sha256": file.SHA256}
		if strings.HasPrefix(file.Type, "audio/") {
			in.length = file.length
		}
	}
}

// length is how long the video of an order lasts, as the order says.
func (d described) length(o fields, in order) time.Duration {
	if in.length > 0 {
		return in.length
	}
	if s, err := strconv.ParseFloat(word(in.body, orNothing(word(o, "/length"))), 64); err == nil && s > 0 && s < 1e5 {
		return time.Duration(s * float64(time.Second))
	}
	return usualLength
}

func (d described) unit() string {
	if unit := word(d.doc, "/money/unit"); unit != "" {
		return unit
	}
	return "jobs"
}

// price is what a job costs by the lines of the description; one where nobody knows.
func (d described) price(o fields, in order, length time.Duration) credit.Amount {
	lines, _ := o["price"].([]any)
	sum := credit.Of(0)
	priced := false
	for _, item := range lines {
		line, _ := item.(fields)
		rate, err := credit.Parse(d.rate(line, in.body))
		if word(line, "/basis") != "documented" || err != nil || word(line, "/when") != "" {
			continue
		}
		priced = true
		sum = sum.Plus(perLength(rate, line, length))
	}
	if !priced {
		return credit.Of(1)
	}
	return sum
}

// rate is the rate of a line for an order.
func (d described) rate(line, body fields) string {
	places := pointers(line["by"])
	if len(places) == 0 {
		return word(line, "/rate")
	}
	names := make([]string, len(places))
	for i, p := range places {
		names[i] = word(body, p)
	}
	if rate, ok := object(line, "/table")[strings.Join(names, "/")].(string); ok {
		return rate
	}
	return word(line, "/otherwise")
}

// perLength is a rate for a length.
func perLength(rate credit.Amount, line fields, length time.Duration) credit.Amount {
	if least, err := time.ParseDuration(word(line, "/least")); err == nil {
		length = max(length, least)
	}
	if step, err := time.ParseDuration(word(line, "/step")); err == nil && step > 0 {
		length = (length + step - 1) / step * step
	}
	switch word(line, "/per") {
	case "second":
		return rate.Ratio(length.Milliseconds(), 1000)
	case "minute":
		return rate.Ratio(length.Milliseconds(), 60_000)
	}
	return rate
}

// days reads a duration that may be in days; 0 for one that never ends.
func days(s string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSuffix(s, "d")); err == nil {
		return time.Duration(n) * 24 * time.Hour
	}
	span, err := time.ParseDuration(s)
	if err != nil {
		return 0
	}
	return span
}

// admit refuses what is beyond the limits of the service, and what the account cannot pay.
func (d described) admit(b *books, owner string) *refusal {
	now := d.now()
	active, err := strconv.Atoi(word(d.doc, "/limits/active"))
	mine := func(j *job) bool { return j.Owner == owner }
	if err == nil && word(d.doc, "/limits/active_is") == "the service's" && b.active(d.name, now, mine) >= active {
		return &refusal{status: d.refusalFor("busy", http.StatusTooManyRequests), text: "Too many jobs at a time."}
	}
	windows, _ := at(d.doc, "/limits/submits")
	list, _ := windows.([]any)
	for _, w := range list {
		text, _ := w.(string)
		count, per, _ := strings.Cut(text, "/")
		most, err := strconv.Atoi(count)
		if strings.Trim(per, "smhd") == "" {
			per = "1" + per
		}
		if span := days(per); err == nil && span > 0 && b.since(d.name, now.Add(-span)) >= most {
			return &refusal{status: http.StatusTooManyRequests, text: "Too many submits.", header: http.Header{"Retry-After": {"1"}}}
		}
	}
	if left, limited := b.left(account{provider: d.name}, now); limited && left <= 0 {
		return &refusal{status: d.refusalFor("funds", http.StatusPaymentRequired), text: "The account is empty."}
	}
	return nil
}

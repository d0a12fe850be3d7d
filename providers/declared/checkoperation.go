package declared

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// operationChecker checks one operation.
type operationChecker struct {
	*checker
	o    *Operation
	name string
	at   string // its place in the description
}

func (o operationChecker) all() {
	o.request()
	o.submit()
	o.lost()
	o.read(o.o.Poll, o.at+"/poll", "poll", 0)
	for i, then := range o.o.Then {
		o.read(then, fmt.Sprintf("%s/then/%d", o.at, i), "then", i)
	}
	if o.o.Cancel != nil {
		o.call(o.o.Cancel.Call, o.at+"/cancel/call", "job", "result")
	}
	if o.o.Delete != nil {
		o.call(o.o.Delete.Call, o.at+"/delete/call", "job", "result")
	}
	o.asked()
	o.free()
	o.uploads()
	o.prices()
}

// request checks the schema of the request, the rules and the variables.
func (o operationChecker) request() {
	if _, err := o.d.compileRequest(o.name); err != nil {
		o.add("SVC-REQUEST", o.at+"/request", err.Error(), "write a JSON Schema of draft-07")
	}
	for i, r := range o.o.Rules {
		if _, err := compile(r.Must); err != nil {
			o.add("SVC-EXPR", fmt.Sprintf("%s/rules/%d/must", o.at, i), firstLine(err), "an expression over request, such as len(request.title) <= 40")
			continue
		}
		o.bothWays(r, fmt.Sprintf("%s/rules/%d", o.at, i))
	}
	if v := o.o.Variables; v != nil {
		o.item(v.Item, o.at+"/variables/item")
	}
}

// bothWays warns of a rule that no recorded request keeps, or none breaks. The
// recordings then do not show that the rule works.
func (o operationChecker) bothWays(r Rule, pointer string) {
	rule, err := compile(r.Must)
	if err != nil {
		return
	}
	seen := map[bool]bool{}
	for _, recording := range o.d.recorded("submit", o.name, 0) {
		if request, err := decode(recording.Request); err == nil && recording.Request != nil {
			seen[rule.holds(request)] = true
		}
	}
	if len(seen) < 2 {
		o.warn("SVC-RULE", pointer, fmt.Sprintf("no recording shows a request that %s keeps and one that it breaks", r.Code), "record two submits with request:, one of them named refused")
	}
}

// item checks the holes of a variable as it is sent.
func (o operationChecker) item(item any, pointer string) {
	switch item := item.(type) {
	case string:
		o.holes(newText(item), pointer, "name", "value")
	case map[string]any:
		for name, below := range item {
			o.item(below, pointer+"/"+schema.PointerPart(name))
		}
	}
}

// asked checks the free calls about a request.
func (o operationChecker) asked() {
	if l := o.o.discover(); l != nil {
		at := o.at + "/variables/discover"
		o.listing(*l, at, "discover", "request")
		if p, _ := o.d.Template(o.d.Name + "/" + o.name); p == "" {
			o.add("SVC-CALL", at+"/call", "the call does not name the template", `write its member into the path or the query: "/templates/{request:/template_id}"`)
		}
	}
	if c := o.o.Check; c != nil {
		o.call(c.Call, o.at+"/check/call", "request", "take")
		if !o.noted("check", 0) {
			o.add("SVC-RECORDING", o.at+"/check", "no recording shows the answer to this call", "add one to recordings: {call: check, status: 200, from: docs, body: …}")
		}
		for name, p := range map[string]Pointers{"errors": c.Errors, "warnings": c.Warnings} {
			o.leads(o.at+"/check/"+name, p, "check", o.d.recorded("check", o.name, 0), func(body any) bool { return len(p.texts(body)) > 0 })
		}
	}
}

// submit checks the paid call.
func (o operationChecker) submit() {
	s := o.o.Submit
	at := o.at + "/submit"
	o.call(s.Call, at+"/call", "request", "take", "reference", "callback", "job", "key")
	if s.Call.URL != "" || s.Call.Method == "GET" {
		o.add("SVC-CALL", at+"/call", "a submit is a POST or PUT to a path", "write method: POST and the path")
	}
	if !o.noted("submit", 0) {
		o.add("SVC-RECORDING", at, "no recording shows the answer to a submit", "add one to recordings: {call: submit, status: 200, from: docs, body: …}")
		return
	}
	o.shown(at+"/ticket/job", s.Ticket.Job, "submit", o.name, 0)
	for name, p := range s.Ticket.More {
		o.shown(at+"/ticket/more/"+schema.PointerPart(name), p, "submit", o.name, 0)
	}
	if s.Held != nil {
		o.shown(at+"/held/amount", s.Held.Amount.At, "submit", o.name, 0)
	}
}

// lost checks how a lost submit is cleared up.
func (o operationChecker) lost() {
	at := o.at + "/submit/lost"
	if k := o.o.Submit.Lost.Key; k != nil {
		o.key(k, at+"/key")
	}
	f := o.o.Submit.Lost.Find
	if f == nil {
		return
	}
	o.call(f.Call, at+"/find/call", "request", "reference", "callback", "job", "since", "cursor", "offset", "page")
	for p, t := range f.Match {
		o.holes(t, at+"/find/match/"+schema.PointerPart(p), "request", "reference", "callback", "job", "body")
	}
	if f.Complete && f.Settle <= 0 {
		o.add("SVC-FIND", at+"/find", "complete needs settle: a proof asks twice, with that time between", "add settle: 30s")
	}
	if f.Complete && !o.d.stated(f.Stated) {
		o.warn("SVC-STATED", at+"/find", "that the list is complete is not the vendor's word, so a search that finds nothing proves nothing", "add stated:, which begins with one of sources")
	}
	if !o.noted("find", 0) {
		o.warn("SVC-RECORDING", at+"/find", "no recording shows the list, so the simulator cannot be searched", "add one to recordings: {call: find, …}")
		return
	}
	o.findShown(f, at+"/find")
}

// findShown checks that a recorded list shows what a search looks at.
func (o operationChecker) findShown(f *Find, at string) {
	var items []any
	for _, r := range o.d.recorded("find", o.name, 0) {
		if body, err := decode(r.Body); err == nil {
			items = append(items, listed(body, f.Items)...)
		}
	}
	leads := func(p Pointers) bool {
		return slices.ContainsFunc(items, func(item any) bool { return p.text(item) != "" })
	}
	if !leads(f.Job) {
		o.add("SVC-POINTER", at+"/job", "it leads to nothing in any item of a recorded list", "compare items and job with the recording")
	}
	for p, t := range f.Match {
		found := slices.ContainsFunc(items, func(item any) bool { _, ok := lookup(item, p); return ok })
		if !found {
			o.add("SVC-POINTER", at+"/match/"+schema.PointerPart(p), fmt.Sprintf("%q leads to nothing in any item of a recorded list", p), "compare it with the recording; "+t.source+" must stand there")
		}
	}
	if f.Created != nil && !leads(f.Created.At) {
		o.add("SVC-POINTER", at+"/created", "it leads to nothing in any item of a recorded list", "compare it with the recording")
	}
}

// key checks a key of ours.
func (o operationChecker) key(k *Key, at string) {
	const example = "0123456789abcdef0123456789abcdef01234567"
	form, err := regexp.Compile("^(?:" + k.Form + ")$")
	switch {
	case k.Form != "" && err == nil && !form.MatchString(example):
		o.add("SVC-KEY", at+"/form", "our keys have 40 hexadecimal digits, which this form refuses", "correct form, or leave the key out")
	case k.In == "body" && !isPointer.MatchString(k.Name):
		o.add("SVC-KEY", at+"/name", "in a body, the name of a key is a pointer", "write it as /client_token")
	case k.In == "header" && strings.ContainsAny(k.Name, "/ :"):
		o.add("SVC-KEY", at+"/name", "this is no name of a header", "write it as Idempotency-Key")
	case k.Holds <= 0:
		o.add("SVC-KEY", at+"/holds", "a key that is never remembered is none", "write how long the service remembers it")
	}
	if !o.d.stated(k.Stated) {
		o.warn("SVC-STATED", at+"/stated", "the key is not the vendor's word: no source of theirs begins like this", "begin stated with one of sources")
	}
}

// read checks a call that says how a job is doing.
func (o operationChecker) read(r Read, at, call string, index int) {
	o.call(r.Call, at+"/call", "job", "result")
	o.more(r.Call, at+"/call")
	seen := map[string]string{}
	for outcome, words := range map[string][]string{"running": r.Words.Running, "succeeded": r.Words.Succeeded, "failed": r.Words.Failed, "cancelled": r.Words.Cancelled} {
		for _, w := range words {
			if other, twice := seen[strings.ToLower(w)]; twice {
				o.add("SVC-WORD", at+"/words", fmt.Sprintf("the word %q means %s and %s", w, min(other, outcome), max(other, outcome)), "keep one of them")
			}
			seen[strings.ToLower(w)] = outcome
		}
	}
	if call == "poll" && (len(r.Words.Succeeded) == 0 || len(r.Status) == 0) {
		o.add("SVC-WORD", at, "it does not say by which word a job has succeeded", "add status and words: {succeeded: […]}")
	}
	if !o.noted(call, index) {
		o.add("SVC-RECORDING", at, "no recording shows the answer to this call", fmt.Sprintf("add one to recordings: {call: %s, status: 200, from: docs, body: …}", call))
		return
	}
	o.shown(at+"/same", r.Same, call, o.name, index)
	o.shown(at+"/status", r.Status, call, o.name, index)
	o.result(r.Result, at+"/result", call, index)
	if r.Charged != nil {
		o.shown(at+"/charged/amount", r.Charged.Amount.At, call, o.name, index)
	}
}

// result checks where the results of a job are read.
func (o operationChecker) result(r Result, at, call string, index int) {
	for name, v := range map[string]*Value{"video_url": r.VideoURL, "share_url": r.ShareURL, "thumbnail_url": r.ThumbnailURL, "duration": r.Duration, "bytes": r.Bytes} {
		if v != nil && v.Text != nil {
			o.holes(*v.Text, at+"/"+name+"/text", "job", "result", "setting")
		} else if v != nil && name == "video_url" {
			o.shown(at+"/"+name, v.At, call, o.name, index)
		}
	}
	if r.Fetch == "with token" && o.d.Auth.Scheme == "query" {
		o.add("SVC-AUTH", at+"/fetch", "a token that is a parameter of the query is not put into the address of a file", "leave fetch out; the video is then fetched by hand")
	}
}

// more checks that an address that a call goes to is one that the ticket brings.
func (o operationChecker) more(call Call, at string) {
	name := strings.TrimPrefix(call.URL, "/")
	if name == "" {
		return
	}
	if _, known := o.o.Submit.Ticket.More[name]; !known {
		o.add("SVC-CALL", at+"/url", fmt.Sprintf("the ticket brings nothing called %q", name), "add it to submit: ticket: more")
	}
	if f := o.o.Submit.Lost.Find; f != nil && f.More[name] == nil {
		o.warn("SVC-FIND", o.at+"/submit/lost/find", fmt.Sprintf("a job that is found has no %q, which %s needs, so none is adopted", name, dotted(at)), "add find: more, or give that call a path")
	}
}

// free checks that no call that costs nothing is the paid one (invariant L13).
func (o operationChecker) free() {
	calls := map[string]Call{"/poll/call": o.o.Poll.Call}
	if f := o.o.Submit.Lost.Find; f != nil {
		calls["/submit/lost/find/call"] = f.Call
	}
	for i, then := range o.o.Then {
		calls[fmt.Sprintf("/then/%d/call", i)] = then.Call
	}
	if l := o.o.discover(); l != nil {
		calls["/variables/discover/call"] = l.Call
	}
	for i, u := range o.o.Uploads {
		if u.Ask != nil {
			calls[fmt.Sprintf("/uploads/%d/ask", i)] = *u.Ask
		}
	}
	if o.o.Check != nil {
		calls["/check/call"] = o.o.Check.Call
	}
	if o.o.Cancel != nil {
		calls["/cancel/call"] = o.o.Cancel.Call
	}
	if o.o.Delete != nil {
		calls["/delete/call"] = o.o.Delete.Call
	}
	if b := o.d.Money.Balance; b != nil {
		calls["balance"] = b.Call
	}
	for _, at := range slices.Sorted(maps.Keys(calls)) {
		for name, other := range o.d.Operations {
			if sameCall(calls[at], other.Submit.Call) {
				place := o.at + at
				if at == "balance" {
					place = "/money/balance/call"
				}
				o.add("SVC-PAID", place, fmt.Sprintf("this is the paid call of %s, and what asks or checks must not be able to buy", name), "give it its own method or path")
			}
		}
	}
}

// sameCall reports whether two calls could be the same request.
func sameCall(a, b Call) bool {
	return a.URL == "" && a.Method == b.Method && a.Base.source == b.Base.source &&
		(a.Path.covers(holes.ReplaceAllString(b.Path.source, "x")) || b.Path.covers(holes.ReplaceAllString(a.Path.source, "x")))
}

// covers reports whether a text can become another one by its holes. What the request says
// may have several segments of a path.
func (t Text) covers(other string) bool {
	var pattern strings.Builder
	for _, p := range t.pieces {
		switch p.hole {
		case "":
			pattern.WriteString(regexp.QuoteMeta(p.text))
		case "take", "request":
			pattern.WriteString(".+")
		default:
			pattern.WriteString("[^/]+")
		}
	}
	found, err := regexp.MatchString("^"+strings.TrimSuffix(pattern.String(), "/")+"/?$", other)
	return err != nil || found // one that cannot be compared could be the same
}

// uploads checks the files of a request.
func (o operationChecker) uploads() {
	for i, u := range o.o.Uploads {
		at := fmt.Sprintf("%s/uploads/%d", o.at, i)
		if u.Length && !slices.ContainsFunc(u.Types, func(t string) bool { return strings.HasPrefix(t, "audio/") }) {
			o.add("SVC-UPLOAD", at+"/length", "only a sound has a length", "leave length out")
		}
		switch {
		case u.How == "before":
			o.before(u, at, i)
		case o.o.Submit.Call.Body != "multipart":
			o.add("SVC-UPLOAD", at, "a part goes along with a multipart submit only", "write submit: call: body: multipart")
		case u.Ask != nil || u.Put != "" || u.Use != "" || u.Valid > 0:
			o.add("SVC-UPLOAD", at, "ask, put, use and valid are for files that are put before the submit", "write how: before, or leave them out")
		}
	}
}

// before checks a file that is put into its place before the submit.
func (o operationChecker) before(u Upload, at string, index int) {
	if u.Ask == nil || u.Put == "" || u.Use == "" {
		o.add("SVC-UPLOAD", at, "a file that is put before the submit needs ask, put and use", `add ask: {method: POST, path: /uploads}, put: /upload_url, use: /id`)
		return
	}
	o.call(*u.Ask, at+"/ask")
	if !o.noted("upload", index) {
		o.add("SVC-RECORDING", at+"/ask", "no recording shows the answer to this call", "add one to recordings: {call: upload, status: 200, from: docs, body: …}")
	}
	o.shown(at+"/put", Pointers{u.Put}, "upload", o.name, index)
	o.shown(at+"/use", Pointers{u.Use}, "upload", o.name, index)
	if o.o.Submit.Lost.Key != nil {
		o.warn("SVC-KEY", o.at+"/submit/lost/key", "a submit names other places of files each time, so none is sent again under its key", "leave the key out, or let files go along as parts")
	}
	if f := o.o.Submit.Lost.Find; f != nil {
		for p, t := range f.Match {
			if t.has("body") {
				o.add("SVC-FIND", o.at+"/submit/lost/find/match/"+schema.PointerPart(p), "a submit names other places of files each time, so no job has the same body", "match a member of ours")
			}
		}
	}
}

// prices checks that each line of a price can be computed.
func (o operationChecker) prices() {
	for i, p := range o.o.Price {
		at := fmt.Sprintf("%s/price/%d", o.at, i)
		if p.When != "" {
			if _, err := compile(p.When); err != nil {
				o.add("SVC-EXPR", at+"/when", firstLine(err), "an expression over request, such as request.quality == \"4k\"")
			}
		}
		switch {
		case p.Basis != "documented":
		case p.Rate == nil && len(p.Table) == 0 || p.Per == "":
			o.add("SVC-PRICE", at, "a documented price has a rate or a table, and says what it is per", `write it as {basis: documented, per: minute, rate: "1"}`)
		case (len(p.Table) > 0) != (len(p.By) > 0):
			o.add("SVC-PRICE", at, "by and table go together", "write by: /model and table: {name: \"0.5\"}")
		}
	}
}

// recorded lists the recordings of a call that an operation may have.
func (d *Description) recorded(call, operation string, index int) (list []Recording) {
	for _, r := range d.Recordings {
		if r.Call == call && r.Index == index && (r.Operation == "" || operation == "" || r.Operation == operation) {
			list = append(list, r)
		}
	}
	return list
}

func (o operationChecker) noted(call string, index int) bool {
	return len(o.d.recorded(call, o.name, index)) > 0
}

// shown checks that pointers lead to a text in a recording: one that leads nowhere was
// mistyped, or never seen.
func (c *checker) shown(at string, p Pointers, call, operation string, index int) {
	c.leads(at, p, call, c.d.recorded(call, operation, index), func(body any) bool { return p.text(body) != "" })
}

// leads checks that pointers lead to what is looked for in one of some recordings.
func (c *checker) leads(at string, p Pointers, call string, recordings []Recording, somewhere func(body any) bool) {
	if len(p) == 0 || len(recordings) == 0 {
		return
	}
	for _, r := range recordings {
		body, err := decode(r.Body)
		if err == nil && r.Body != nil && somewhere(body) {
			return
		}
	}
	c.add("SVC-POINTER", at, fmt.Sprintf("%s leads to nothing in any recording of %s", written(p), call), "compare it with the recording")
}

func written(p Pointers) string {
	if len(p) == 1 {
		return fmt.Sprintf("%q", p[0])
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "it"
	}
	return string(b)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

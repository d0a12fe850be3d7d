package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// described plays a service by its description. It reads the file by itself, and shares no
// code with the client that does the same. It fills in what was recorded, and never invents
// a member: a description that reads an answer at another place than the recording has it
// does not work here either.
type described struct {
	*Sandbox
	doc    fields
	name   string
	calls  []route
	offers map[string]fields // operations by their names
	slots  *slots
}

// fields is a JSON object.
type fields = map[string]any

// route is one call of a description.
type route struct {
	kind      string // submit, poll, then, find, cancel, delete, balance, discover, check, assets
	operation string
	index     int // of several then
	method    string
	path      *regexp.Regexp
	call      fields
}

// readDescribed reads a description as far as it is played.
func readDescribed(s *Sandbox, text []byte) (described, error) {
	d := described{Sandbox: s, offers: map[string]fields{}, slots: &slots{}}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return d, fmt.Errorf("play description: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&d.doc); err != nil {
		return d, fmt.Errorf("play description: %w", err)
	}
	d.name = word(d.doc, "/name")
	if d.name == "" || slices.Contains([]string{"files", "share", "bank", "healthz", Colossyan, Kensa, Samsar, Vidgen}, d.name) {
		return d, fmt.Errorf("play description: %q cannot be the name of a described service", d.name)
	}
	for name := range object(d.doc, "/operations") {
		d.offers[name] = object(d.doc, "/operations/"+name)
		if err := d.operation(name); err != nil {
			return d, fmt.Errorf("play description of %s: %w", d.name, err)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(object(d.doc, "/assets"))) {
		if err := d.route("assets", kind, object(d.doc, "/assets/"+kind+"/call"), 0); err != nil {
			return d, err
		}
	}
	return d, d.route("balance", "", object(d.doc, "/money/balance/call"), 0)
}

// operation lists the calls of an operation. What a call is for decides where two could be
// meant: a paid one first.
func (d *described) operation(name string) error {
	o := d.offers[name]
	for _, c := range []struct{ kind, at string }{
		{"submit", "/submit/call"}, {"check", "/check/call"}, {"discover", "/variables/discover/call"}, {"cancel", "/cancel/call"}, {"delete", "/delete/call"}, {"find", "/submit/lost/find/call"}, {"poll", "/poll/call"},
	} {
		if err := d.route(c.kind, name, object(o, c.at), 0); err != nil {
			return err
		}
	}
	uploads, _ := o["uploads"].([]any)
	for i := range uploads {
		if err := d.route("upload", name, object(o, "/uploads/"+strconv.Itoa(i)+"/ask"), i); err != nil {
			return err
		}
	}
	then, _ := o["then"].([]any)
	for i := range then {
		if err := d.route("then", name, object(o, "/then/"+strconv.Itoa(i)+"/call"), i); err != nil {
			return err
		}
	}
	return nil
}

// hole is a place in a path that a call fills.
var hole = regexp.MustCompile(`\\\{([a-z_]+)[^}]*\\\}`)

// route adds a call, unless the description has none. A call that lies elsewhere has its
// host in the path; one that an answer named has the name.
func (d *described) route(kind, operation string, call fields, index int) error {
	if call == nil {
		return nil
	}
	path := word(call, "/path")
	if base := word(call, "/base"); base != "" {
		path = "/-/" + strings.TrimPrefix(base, "https://") + path
	}
	if named := word(call, "/url"); named != "" {
		path = "/-/more" + named + "/{job}"
	}
	pattern := hole.ReplaceAllStringFunc(regexp.QuoteMeta(path), func(h string) string {
		switch hole.FindStringSubmatch(h)[1] {
		case "job":
			return `(?P<job>[^/]+)`
		case "take", "request":
			return `.+`
		}
		return `[^/]+`
	})
	compiled, err := regexp.Compile("^" + pattern + "$")
	if err != nil {
		return err
	}
	d.calls = append(d.calls, route{kind, operation, index, word(call, "/method"), compiled, call})
	return nil
}

// base is the path of the service's API.
func (d described) base() string { return "/" + d.name }

// routes registers the service.
func (d described) routes() {
	d.mux.HandleFunc("PUT "+d.base()+slotPath+"{slot}", func(w http.ResponseWriter, r *http.Request) { d.slots.put(w, r) })
	d.mux.HandleFunc(d.base()+"/", func(w http.ResponseWriter, r *http.Request) {
		for _, to := range d.calls {
			if to.method == r.Method && to.path.MatchString(strings.TrimPrefix(r.URL.Path, d.base())) {
				d.serveRoute(w, r, to)
				return
			}
		}
		writeJSON(w, http.StatusNotFound, d.errorBody(refusal{text: "there is no such call"}))
	})
}

// serveRoute answers one call.
func (d described) serveRoute(w http.ResponseWriter, r *http.Request, to route) {
	answer := map[string]func(*call, route) reply{
		"submit": d.create, "poll": d.status, "then": d.status, "find": d.list, "cancel": d.cancel, "delete": d.remove, "balance": d.balance,
		"discover": d.recorded, "check": d.recorded, "assets": d.recorded, "upload": d.slot,
	}[to.kind]
	h := func(c *call) reply { return answer(c, to) }
	if to.kind == "submit" {
		d.dialect().serve(w, r, h)
		return
	}
	d.dialect().freely(w, r, h)
}

func (d described) dialect() dialect {
	return dialect{sandbox: d.Sandbox, name: d.name, credential: d.credential, errorBody: d.errorBody}
}

// credential finds the caller's token where the description says that it is.
func (d described) credential(r *http.Request) string {
	auth := object(d.doc, "/auth")
	switch word(auth, "/scheme") {
	case "header":
		return r.Header.Get(word(auth, "/header"))
	case "query":
		return r.URL.Query().Get(word(auth, "/name"))
	case "none":
		return "anonymous"
	}
	return r.Header.Get("Authorization")
}

// errorBody says why a call is refused where the description looks for it.
func (d described) errorBody(r refusal) any {
	at := "/error"
	if places := pointers(d.doc["message"]); len(places) > 0 {
		at = places[0]
	}
	body := fields{}
	set(body, at, r.text)
	return body
}

// recorded answers with what was recorded, which is about no job.
func (d described) recorded(_ *call, to route) reply {
	body, status, ok := d.recording(to.kind, to.operation, 0, "", "succeeded")
	if !ok {
		return d.dialect().refuse(http.StatusNotImplemented, "no such answer is recorded")
	}
	return reply{status: status, body: body}
}

// refusalFor is the status of a refusal of a kind, as the description has it.
func (d described) refusalFor(kind string, otherwise int) int {
	for status, means := range object(d.doc, "/answers") {
		if n, err := strconv.Atoi(status); err == nil && means == kind {
			return n
		}
	}
	return otherwise
}

// recording returns a copy of a recorded answer and its status.
func (d described) recording(kind, operation string, index int, names ...string) (any, int, bool) {
	list, _ := d.doc["recordings"].([]any)
	for _, name := range names {
		for _, item := range list {
			r, _ := item.(fields)
			at, _ := strconv.Atoi(word(r, "/index"))
			if word(r, "/call") != kind || at != index || word(r, "/named") != name {
				continue
			}
			if of := word(r, "/operation"); of != "" && operation != "" && of != operation {
				continue
			}
			if of := word(r, "/kind"); of != "" && of != operation {
				continue
			}
			status, err := strconv.Atoi(word(r, "/status"))
			return duplicate(r["body"]), status, err == nil
		}
	}
	return nil, 0, false
}

// at follows a JSON Pointer.
func at(doc any, pointer string) (any, bool) {
	if pointer == "" {
		return doc, doc != nil
	}
	for _, part := range strings.Split(pointer, "/")[1:] {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch d := doc.(type) {
		case fields:
			next, ok := d[part]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(d) {
				return nil, false
			}
			doc = d[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// set writes a member of an object; what is missing on the way is made.
func set(doc fields, pointer string, v any) {
	parts := strings.Split(pointer, "/")[1:]
	var in any = doc
	for i, part := range parts {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		last := i == len(parts)-1
		switch d := in.(type) {
		case fields:
			if last {
				d[part] = v
				return
			}
			if d[part] == nil {
				d[part] = fields{}
			}
			in = d[part]
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(d) {
				return
			}
			if last {
				d[n] = v
				return
			}
			in = d[n]
		default:
			return
		}
	}
}

// fill writes a value at each of the pointers that a recording has something at.
func fill(doc any, places []string, v any) {
	body, ok := doc.(fields)
	for _, p := range places {
		if _, there := at(doc, p); ok && there && p != "" {
			set(body, p, v)
		}
	}
}

// pointers reads one pointer, a list of them, or the member at of an object.
func pointers(v any) (list []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, p := range v {
			if s, ok := p.(string); ok {
				list = append(list, s)
			}
		}
	case fields:
		return pointers(v["at"])
	}
	return list
}

// word returns a text, or a number as text; empty where there is none.
func word(doc any, pointer string) string {
	v, _ := at(doc, pointer)
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// object returns an object; nil where there is none.
func object(doc any, pointer string) fields {
	v, _ := at(doc, pointer)
	o, _ := v.(fields)
	return o
}

// duplicate copies a document.
func duplicate(v any) any {
	switch v := v.(type) {
	case fields:
		out := fields{}
		for name, below := range v {
			out[name] = duplicate(below)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, below := range v {
			out[i] = duplicate(below)
		}
		return out
	}
	return v
}

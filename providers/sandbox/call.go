package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxJSON is the most that a JSON body may have; the services document 50 MB at
// most.
const maxJSON = 50 << 20

// retryAfter is what a throttled caller is told to wait, in seconds.
const retryAfter = 1

// dialect is what all calls of one service have in common.
type dialect struct {
	sandbox *Sandbox
	name    string
	// credential returns what the caller identifies himself with, or nothing.
	credential func(*http.Request) string
	// errorBody puts a refusal into the service's words.
	errorBody func(refusal) any
	// errorStatus may answer a refusal with another status; it may be nil.
	errorStatus func(int) int
	// gate may refuse a call before anything else, and add headers; it may be nil.
	gate func(*call) *refusal
}

// call is one request to a service.
type call struct {
	*http.Request
	owner  string      // hash of the credential; empty where none is needed
	base   string      // root of the links in the answer
	header http.Header // of the answer
}

// refusal is why a service does not do what it was asked.
type refusal struct {
	status int
	text   string
	detail map[string]any // machine-readable, where the service has that
	header http.Header
	leaves *job // a record that the refused call leaves behind all the same
}

// reply is an answer, and what happens to it on its way.
type reply struct {
	status int
	header http.Header
	body   any   // marshalled to JSON; nil is no body at all
	fault  fault // how the answer gets lost, if it does
	delay  time.Duration
}

type handler func(*call) reply

// free serves a call that costs nothing.
func (d dialect) free(pattern string, h handler) {
	d.sandbox.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		d.serve(w, r, func(c *call) reply {
			f := d.trouble(c)
			if instead := d.play(f); instead != nil {
				return *instead
			}
			r := h(c)
			r.fault = f
			return r
		})
	})
}

// paid serves a call that may create a job; its faults are those of submit.
func (d dialect) paid(pattern string, h handler) {
	d.sandbox.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { d.serve(w, r, h) })
}

// open serves a call that needs no credential.
func (d dialect) open(pattern string, h handler) {
	d.sandbox.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := d.newCall(r)
		d.sandbox.write(w, c, h(c))
	})
}

func (d dialect) serve(w http.ResponseWriter, r *http.Request, h handler) {
	c := d.newCall(r)
	credential := d.credential(r)
	switch {
	case credential == "":
		d.sandbox.write(w, c, d.refuse(http.StatusUnauthorized, "Authentication required."))
		return
	case strings.Contains(credential, "expired"):
		d.sandbox.write(w, c, d.refuse(http.StatusUnauthorized, "The credential has expired or was revoked."))
		return
	}
	c.owner = hash([]byte(credential))
	if d.gate != nil {
		if refused := d.gate(c); refused != nil {
			d.sandbox.write(w, c, d.refusal(*refused))
			return
		}
	}
	d.sandbox.write(w, c, h(c))
}

func (d dialect) newCall(r *http.Request) *call {
	r.Body = http.MaxBytesReader(nil, orEmpty(r.Body), maxUpload)
	base := d.sandbox.options.PublicURL
	if base == "" {
		base = "http://" + r.Host
	}
	return &call{Request: r, base: base, header: http.Header{}}
}

func orEmpty(body io.ReadCloser) io.ReadCloser {
	if body == nil {
		return http.NoBody
	}
	return body
}

// trouble is what goes wrong with a call that costs nothing, if anything.
func (d dialect) trouble(c *call) fault {
	subject := d.subject(c.Request)
	try := d.sandbox.polls.next(d.name + "\x00" + c.Method + "\x00" + subject)
	var among []fault
	if subject != c.URL.Path && c.Method == http.MethodGet {
		among = []fault{blip}
	}
	among = append(among, dropped, throttled, throttledBare, broken, slow)
	return d.sandbox.dice.first(chance{subject: subject, try: try}, among...)
}

// subject is what a call is about: the content of the job it names, so that the
// same job meets the same faults in each run, else its path.
func (d dialect) subject(r *http.Request) string {
	names := strings.Split(r.URL.Path, "/")
	for _, values := range r.URL.Query() {
		names = append(names, values...)
	}
	for _, name := range names {
		if content, ok := d.sandbox.books.content(name); ok {
			return content
		}
	}
	return r.URL.Path
}

// play turns a fault into the answer that is given instead of doing what was
// asked, if it is one of those.
func (d dialect) play(f fault) *reply {
	if f == dropped {
		return &reply{fault: dropped}
	}
	refusals := map[fault]refusal{
		throttled: {
			status: http.StatusTooManyRequests, text: "Too many requests, slow down.",
			header: http.Header{"Retry-After": {strconv.Itoa(retryAfter)}},
		},
		throttledBare: {status: http.StatusTooManyRequests, text: "Too many requests, slow down."},
		broken:        {status: http.StatusInternalServerError, text: "Internal server error."},
		blip:          {status: http.StatusNotFound, text: "Not found."},
	}
	refused, ok := refusals[f]
	if !ok {
		return nil
	}
	r := d.refusal(refused)
	return &r
}

func (d dialect) refuse(status int, text string) reply {
	return d.refusal(refusal{status: status, text: text})
}

func (d dialect) refusal(r refusal) reply {
	status := r.status
	if d.errorStatus != nil {
		status = d.errorStatus(status)
	}
	return reply{status: status, header: r.header, body: d.errorBody(r)}
}

// submit accepts a paid call: it plays the faults that keep a job from coming
// into being, creates the job unless admit refuses, and plays the faults that
// keep the caller from hearing about it.
func (d dialect) submit(c *call, draft job, admit func(*books) *refusal, answer func(job) reply) reply {
	s := d.sandbox
	try, serial := s.books.attempt(draft.Content)
	odds := chance{subject: draft.Content, try: try, serial: serial}
	draft.Try = try
	if kept := d.keep(c, odds); kept != nil {
		if err := s.books.remember(draft.Content); err != nil {
			return reply{fault: dropped}
		}
		return *kept
	}
	d.complete(c, &draft, odds)
	accepted, refused, err := s.books.add(draft, admit)
	switch {
	case err != nil:
		return reply{fault: dropped} // nothing may be said that is not on disk
	case refused != nil:
		return d.refusal(*refused)
	}
	s.courier.dispatch(c.Context(), accepted, odds)
	r := answer(accepted)
	r.fault = s.dice.first(odds, acceptThenDrop, acceptThen500, acceptThen502, truncated, slow)
	return d.lose(r)
}

// keep plays the faults that end a submit before a job exists.
func (d dialect) keep(c *call, odds chance) *reply {
	if c.URL.Query().Get("moved") == "" && d.sandbox.dice.happens(odds, redirected) {
		to := *c.URL
		query := to.Query()
		query.Set("moved", "1")
		to.RawQuery = query.Encode()
		return &reply{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {to.RequestURI()}}}
	}
	return d.play(d.sandbox.dice.first(odds, dropped, throttled, throttledBare, broken))
}

// complete fills in what all jobs have.
func (d dialect) complete(c *call, j *job, odds chance) {
	s := d.sandbox
	j.Provider, j.Owner, j.Base = d.name, c.owner, c.base
	j.Created, j.Render = s.now(), s.options.Render
	j.stretch(s.dice.stretch(odds))
	j.Fails = !j.Instant && s.dice.happens(odds, jobFails)
	j.FailedCost = j.FailedCost || s.options.Behaviour.FailedCost
	j.Delivered = s.dice.happens(odds, webhookLost)
	if j.Webhook != "" && s.dice.happens(odds, webhookEarly) {
		j.Render = 0
	}
}

// lose replaces the answer where a gateway speaks instead of the service.
func (d dialect) lose(r reply) reply {
	if r.fault == acceptThen500 {
		return d.refuse(http.StatusInternalServerError, "Internal server error.")
	}
	if r.fault == acceptThen502 {
		return reply{status: http.StatusBadGateway, body: "<html><body><h1>502 Bad Gateway</h1></body></html>"}
	}
	return r
}

// write sends an answer, or loses it on the way.
func (s *Sandbox) write(w http.ResponseWriter, c *call, r reply) {
	if r.status >= http.StatusBadRequest {
		_, _ = io.Copy(io.Discard, c.Body) // who still sends would not see the answer
	}
	if r.fault == slow {
		r.delay += s.options.Slow
	}
	if r.delay > 0 {
		pause(c.Context(), r.delay)
	}
	if r.fault == dropped || r.fault == acceptThenDrop {
		hangUp(w)
		return
	}
	for _, header := range []http.Header{c.header, r.header} {
		for name, values := range header {
			w.Header()[name] = values
		}
	}
	if r.body == nil {
		w.WriteHeader(r.status)
		return
	}
	if page, ok := r.body.(string); ok {
		writeBytes(w, r.status, "text/html; charset=utf-8", []byte(page))
		return
	}
	body := encode(r.body)
	if r.fault == truncated {
		body = body[:len(body)/2]
	}
	writeBytes(w, r.status, "application/json; charset=utf-8", body)
}

// hangUp ends the connection without an answer. Where the connection cannot be
// taken over it panics with [http.ErrAbortHandler], which a server turns into
// the same thing and an in-process transport must treat as a lost connection.
func hangUp(w http.ResponseWriter) {
	if taker, ok := w.(http.Hijacker); ok {
		if connection, _, err := taker.Hijack(); err == nil {
			_ = connection.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	writeBytes(w, status, "application/json; charset=utf-8", encode(body))
}

func writeBytes(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who is gone misses it
}

// encode writes JSON as JavaScript services do, without HTML escapes.
func encode(body any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// object reads the body of a call, which must be one JSON object.
func (c *call) object() (map[string]any, []byte, *refusal) {
	raw, err := io.ReadAll(io.LimitReader(c.Body, maxJSON+1))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong) || len(raw) > maxJSON:
		return nil, nil, &refusal{status: http.StatusRequestEntityTooLarge, text: "Request body too large."}
	case err != nil:
		return nil, nil, badRequest("Request body could not be read.")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil || fields == nil {
		return nil, nil, badRequest("Invalid input data: the body is not a JSON object.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, badRequest("Invalid input data: more than one JSON document.")
	}
	return fields, raw, nil
}

func badRequest(text string) *refusal { return &refusal{status: http.StatusBadRequest, text: text} }

// contentOf names what a request would make: two requests with the same content
// make the same video, whoever asks and wherever the news goes.
func contentOf(operation string, fields map[string]any, but ...string) string {
	content := map[string]any{}
	for name, value := range fields {
		content[name] = value
	}
	for _, name := range but {
		delete(content, name)
	}
	return hash(append([]byte(operation+"\x00"), encode(content)...))
}

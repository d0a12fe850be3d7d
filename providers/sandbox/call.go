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

// maxJSON is the largest JSON body. The services document 50 MB at most.
const maxJSON = 50 << 20

// retryAfter is the waiting time in seconds that a throttled caller is told.
const retryAfter = 1

// dialect holds what all calls of a service have in common.
type dialect struct {
	sandbox *Sandbox
	name    string
	// credential returns the caller's credential, or "".
	credential func(*http.Request) string
	// errorBody puts a refusal into the words of the service.
	errorBody func(refusal) any
	// errorStatus may replace the status of a refusal; it may be nil.
	errorStatus func(int) int
	// gate may refuse a call before its handler runs, and add headers; it may be nil.
	gate func(*call) *refusal
}

// call is one request to a service.
type call struct {
	*http.Request
	owner  string      // hash of the credential; empty where none is needed
	base   string      // root of the links in the answer
	header http.Header // of the answer
}

// refusal is the reason why a service does not do what it was asked.
type refusal struct {
	status int
	text   string
	detail map[string]any // machine-readable, where the service has that
	header http.Header
	leaves *job // a record that the refused call leaves behind all the same
}

// reply is an answer, together with the faults that happen to it on its way.
type reply struct {
	status int
	header http.Header
	body   any   // marshalled to JSON; nil is no body at all
	fault  fault // how the answer gets lost, if it does
	delay  time.Duration
}

// handler answers a call.
type handler func(*call) reply

// free serves a call that costs nothing.
func (d dialect) free(pattern string, h handler) {
	d.sandbox.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { d.freely(w, r, h) })
}

// freely answers a call that costs nothing.
func (d dialect) freely(w http.ResponseWriter, r *http.Request, h handler) {
	d.serve(w, r, func(c *call) reply {
		f := d.trouble(c)
		if instead := d.play(f); instead != nil {
			return *instead
		}
		r := h(c)
		r.fault = f
		return r
	})
}

// paid serves a call that may create a job. Its faults are played by submit, because they
// depend on whether a job exists.
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

// serve checks the credential before the handler runs. Any credential is good except an
// expired one.
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
	// Only the hash is kept. A state file must not contain credentials.
	c.owner = hash([]byte(credential))
	if d.gate != nil {
		if refused := d.gate(c); refused != nil {
			d.sandbox.write(w, c, d.refusal(*refused))
			return
		}
	}
	d.sandbox.write(w, c, h(c))
}

// newCall wraps a request. It bounds the body and finds the root for links in the answer.
func (d dialect) newCall(r *http.Request) *call {
	r.Body = http.MaxBytesReader(nil, orEmpty(r.Body), maxUpload)
	base := d.sandbox.options.PublicURL
	if base == "" {
		base = "http://" + r.Host
	}
	return &call{Request: r, base: base, header: http.Header{}}
}

// orEmpty replaces a missing body, which in-process calls may have.
func orEmpty(body io.ReadCloser) io.ReadCloser {
	if body == nil {
		return http.NoBody
	}
	return body
}

// trouble returns the fault of a free call, or none.
func (d dialect) trouble(c *call) fault {
	subject := d.subject(c.Request)
	// Each poll of a job is a new try. Otherwise a job whose first poll fails would fail
	// for ever.
	try := d.sandbox.polls.next(d.name + "\x00" + c.Method + "\x00" + subject)
	var among []fault
	// Only a status call can overlook a job.
	if subject != c.URL.Path && c.Method == http.MethodGet {
		among = []fault{blip}
	}
	among = append(among, dropped, throttled, throttledBare, broken, slow)
	return d.sandbox.dice.first(chance{subject: subject, try: try}, among...)
}

// subject returns what a call is about. For a call that names a job this is the job's
// content, so that the same job meets the same faults in each run. For other calls it is
// the path.
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

// play returns the answer of a fault that replaces the call. It returns nil for all other
// faults.
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

// refuse returns a refusal in the service's words.
func (d dialect) refuse(status int, text string) reply {
	return d.refusal(refusal{status: status, text: text})
}

// refusal puts a refusal into the service's words.
func (d dialect) refusal(r refusal) reply {
	status := r.status
	if d.errorStatus != nil {
		status = d.errorStatus(status)
	}
	return reply{status: status, header: r.header, body: d.errorBody(r)}
}

// submit accepts a paid call. It first plays the faults that keep a job from existing. Then
// it creates the job, unless admit refuses. Last it plays the faults that keep the answer
// from the caller, who then cannot know whether he was charged.
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
		// The job is not on disk. An answer might promise something that a crash undoes.
		return reply{fault: dropped}
	case refused != nil:
		return d.refusal(*refused)
	}
	// The webhooks are started before the answer, since one may overtake it.
	s.courier.dispatch(c.Context(), accepted, odds)
	r := answer(accepted)
	r.fault = s.dice.first(odds, acceptThenDrop, acceptThen500, acceptThen502, truncated, slow)
	return d.lose(r)
}

// keep plays the faults that end a submit before a job exists. A redirect is played once
// per call, so that a client that follows it gets through.
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

// complete fills in the fields that all jobs have. All chances are drawn here, once, so
// that the job's future depends on the clock alone.
func (d dialect) complete(c *call, j *job, odds chance) {
	s := d.sandbox
	j.Provider = d.name
	j.Owner, j.Base = c.owner, c.base
	j.Created = s.now()
	j.Render = s.options.Render
	j.stretch(s.dice.stretch(odds))
	j.Fails = !j.Instant && s.dice.happens(odds, jobFails)
	j.FailedCost = j.FailedCost || s.options.Behaviour.FailedCost
	j.Delivered = s.dice.happens(odds, webhookLost)
	// An early webhook reports the end, so the job must be over at once.
	if j.Webhook != "" && s.dice.happens(odds, webhookEarly) {
		j.Render = 0
	}
}

// lose replaces the answer of the service by that of a gateway.
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
	// A client that is still sending would see a broken connection instead of the refusal.
	if r.status >= http.StatusBadRequest {
		_, _ = io.Copy(io.Discard, c.Body)
	}
	if r.fault == slow {
		// A slow answer waits here, after the work is done, as it does at a slow service.
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
	// A nil body means no body at all. An empty JSON document would be another answer.
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

// hangUp ends the connection without an answer. If it cannot take the connection over, it
// panics with [http.ErrAbortHandler]. A server then closes the connection, and an
// in-process transport must treat the panic as a lost connection.
func hangUp(w http.ResponseWriter) {
	if taker, ok := w.(http.Hijacker); ok {
		if connection, _, err := taker.Hijack(); err == nil {
			_ = connection.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// writeJSON writes a JSON answer.
func writeJSON(w http.ResponseWriter, status int, body any) {
	writeBytes(w, status, "application/json; charset=utf-8", encode(body))
}

// writeBytes writes a whole answer with its length, so that a truncated one can be
// recognised.
func writeBytes(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who is gone misses it
}

// encode writes JSON as services in JavaScript do, without HTML escapes.
func encode(body any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// hash returns the SHA-256 of data in hexadecimal.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// object reads the body of a call, which must be one JSON object. Numbers keep their
// digits, because a content hash must not depend on rounding.
func (c *call) object() (map[string]any, []byte, *refusal) {
	raw, err := io.ReadAll(io.LimitReader(c.Body, maxJSON+1))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong) || len(raw) > maxJSON:
		return nil, nil, &refusal{status: http.StatusRequestEntityTooLarge, text: "Request body too large."}
	case err != nil:
		return nil, nil, badRequest("Request body could not be read.")
	}
	// The body was read whole, so that the bank can keep it byte for byte.
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

// badRequest returns a refusal with status 400.
func badRequest(text string) *refusal { return &refusal{status: http.StatusBadRequest, text: text} }

// contentOf returns a hash of the video that a request would make. Two requests with the
// same content make the same video, no matter who sends them and which address gets the
// webhook.
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

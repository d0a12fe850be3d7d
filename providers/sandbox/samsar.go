package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

const (
	samsarBase = "/samsar/v1"
	samsarV2   = "/samsar/v2"

	externalPrefix = "extreq_" // of the ids of external users' requests
	samsarOpenEnd  = 1_000_000 // credits shown for an account that never runs out
	sessionsMost   = 5000      // of the list of completed sessions
)

// SamsarBehaviour chooses the behaviour that Samsar's documentation leaves open.
type SamsarBehaviour struct {
	// Rates are credits per second by video model, for models that differ from the
	// documentation.
	Rates map[string]int64
	// ChargeAtOnce takes the whole price when a request is accepted, as the documentation
	// says. Otherwise each finished stage takes its part, as the vendor's published server
	// does. Neither gives anything back.
	ChargeAtOnce bool
	// SubmitDelay is how long the answer to a submit takes, since images are downloaded
	// meanwhile.
	SubmitDelay time.Duration
	// NoCreditHeaders leaves out all headers and fields about credits.
	NoCreditHeaders bool
	// MinimumDuration is the shortest text-to-video. Zero means none.
	MinimumDuration time.Duration
	// Pauses shows PAUSED for the third fifth of each rendering.
	Pauses bool
	// LinkDelay is how long a completed session has no link yet.
	LinkDelay time.Duration
	// ResultField is the only field with the link: "result_url", "result_urls", "videoLink"
	// or "remoteURL". If it is empty, all four have it.
	ResultField string
}

// samsar plays the service Samsar.
type samsar struct{ *Sandbox }

// routes registers all paths of the service. Paid ones come from the table of operations.
func (s samsar) routes() {
	d := s.dialect()
	for _, operation := range samsarOperations() {
		for _, route := range operation.routes() {
			d.paid("POST "+route.path, s.submit(operation, route.external))
		}
	}
	d.free("POST "+samsarBase+"/video/cancel_render", s.cancel)
	d.free("GET "+samsarBase+"/video/fetch_latest_version", s.latest)
	d.free("GET "+samsarBase+"/video/list_completed_video_sessions", s.completed)
	for _, path := range []string{samsarBase + "/status", samsarV2 + "/status", samsarBase + "/external_users/status"} {
		d.free("GET "+path, s.status)
	}
	d.free("GET "+samsarBase+"/external_users/requests", s.requests)
	d.free("GET "+samsarBase+"/credits", s.credits)
	d.open("GET "+samsarBase+"/video/supported_models", s.models)
	d.open("GET "+samsarBase+"/supported_fonts", s.fonts)
}

func (s samsar) dialect() dialect {
	return dialect{
		sandbox: s.Sandbox, name: Samsar, credential: bearer, gate: s.echo,
		errorBody: func(r refusal) any { return map[string]any{"message": r.text} },
	}
}

func (s samsar) behaviour() SamsarBehaviour { return s.options.Behaviour.Samsar }

// echo returns the caller's tracing id. It does not make a call idempotent.
func (s samsar) echo(c *call) *refusal {
	if id := c.Header.Get("X-Request-Id"); id != "" {
		c.header.Set("X-Request-Id", id)
	}
	return nil
}

// samsarSession holds the facts of a session that its job does not.
type samsarSession struct {
	Prompt      string   `json:"prompt,omitempty"`
	Model       string   `json:"model"`
	AspectRatio string   `json:"aspect_ratio"`
	Language    string   `json:"language"`
	Subtitles   bool     `json:"subtitles"`
	Outro       bool     `json:"outro,omitempty"`
	Sources     []string `json:"sources,omitempty"`
	Stages      []string `json:"stages"`
}

// session returns the facts of a session.
func (j *job) session() samsarSession {
	var session samsarSession
	// submit wrote the facts.
	_ = json.Unmarshal(j.Facts, &session)
	return session
}

// samsarOrder is a request before it becomes a job.
type samsarOrder struct {
	input    map[string]any
	webhook  string
	payer    string // the external user's key
	external bool   // ids and status are an external user's
	sources  []job
	session  samsarSession
	length   time.Duration
	rate     int64 // credits per second of length
	flat     int64 // credits on top of that
	highest  int64 // credits that must be available, if more than the price
	parts    []int64
}

// price returns the cost of the order.
func (o *samsarOrder) price() credit.Amount {
	return credit.Of(o.rate).Ratio(o.length.Milliseconds(), time.Second.Milliseconds()).Plus(credit.Of(o.flat))
}

// submit returns the handler of one operation.
func (s samsar) submit(operation samsarOperation, external bool) handler {
	return func(c *call) reply {
		fields, raw, refused := c.object()
		if refused != nil {
			return s.dialect().refusal(*refused)
		}
		order, refused := s.order(c, operation, fields, external)
		if refused != nil {
			return s.dialect().refusal(*refused)
		}
		draft := job{
			ID: order.newID(operation.prefix), Operation: "samsar/" + operation.name, BodyHash: hash(raw), Body: raw,
			// The payer is part of the content: the same video for another user is another
			// purchase.
			Content: contentOf(operation.name, map[string]any{"input": order.input, "payer": order.payer}),
			Webhook: order.webhook, Payer: order.payer, Reference: queryReference(order.webhook),
			Length: order.length, Price: order.price(), Unit: "credits", Facts: encode(order.session),
			// Without stages there is nothing to pay in parts.
			Staged: order.parts, FailedCost: s.behaviour().ChargeAtOnce || order.parts == nil,
		}
		if draft.Reference == "" {
			draft.Reference = order.payer
		}
		r := s.dialect().submit(c, draft, s.afford(order), func(j job) reply { return s.accepted(operation, j, order.external) })
		r.delay = s.behaviour().SubmitDelay
		return r
	}
}

// newID returns an id of the kind that the caller's route uses.
func (o *samsarOrder) newID(prefix string) string {
	if o.external {
		return externalPrefix + newID()
	}
	return prefix + newID()
}

// order reads and checks a request.
func (s samsar) order(c *call, operation samsarOperation, fields map[string]any, external bool) (*samsarOrder, *refusal) {
	o := &samsarOrder{input: inputOf(fields)}
	user, named := externalUser(fields)
	if external && operation.sources == 0 && !named {
		return nil, badRequest("external_user with provider and external_user_id is required")
	}
	if webhook, ok := fields["webhookUrl"]; ok {
		text, _ := webhook.(string)
		if !isWebURL(text) {
			return nil, badRequest("webhookUrl must be a URL")
		}
		o.webhook = text
	}
	// The sources must be known before the payer, who may follow from them.
	if refused := s.findSources(c, operation, o); refused != nil {
		return nil, refused
	}
	s.route(o, user, external && named)
	if problem := operation.check(s, o); problem != "" {
		return nil, badRequest(problem)
	}
	return o, nil
}

// inputOf returns the fields of a request. They are under "input", or flat beside the
// fields of the call.
func inputOf(fields map[string]any) map[string]any {
	if nested, ok := fields["input"].(map[string]any); ok {
		return nested
	}
	flat := maps.Clone(fields)
	delete(flat, "webhookUrl")
	delete(flat, "external_user")
	return flat
}

// externalUser returns the key of the external user in a request.
func externalUser(fields map[string]any) (key string, named bool) {
	user, _ := fields["external_user"].(map[string]any)
	id, _ := user["external_user_id"].(string)
	provider, _ := user["provider"].(string)
	key, _ = user["unique_key"].(string)
	if key == "" {
		key = id
	}
	return key, key != "" && id != "" && provider != ""
}

// route chooses the payer. The kind of the source's id comes before the path: the session
// of an external user is billed to that user on every route. An internal session is billed
// to the account, unless the external route names a user.
func (s samsar) route(o *samsarOrder, user string, named bool) {
	o.payer = ""
	o.external = named
	if named {
		o.payer = user
		return
	}
	for _, source := range o.sources {
		if strings.HasPrefix(source.ID, externalPrefix) {
			o.payer = source.Payer
			o.external = true
		}
	}
}

// findSession returns a session of the caller. The id of an external request may lack its
// prefix.
func (s samsar) findSession(c *call, id string) (j job, found bool, err error) {
	for _, name := range []string{id, externalPrefix + id} {
		j, found, err = s.books.find(name)
		if err != nil || found && j.Provider == Samsar {
			break
		}
	}
	return j, found && j.Provider == Samsar && j.Owner == c.owner, err
}

// findSources finds the sessions that an edit begins with. They must be completed, since
// only a finished video has a timeline to edit.
func (s samsar) findSources(c *call, operation samsarOperation, o *samsarOrder) *refusal {
	ids, problem := operation.sourceIDs(o.input)
	if problem != "" {
		return badRequest(problem)
	}
	for _, id := range ids {
		j, found, err := s.findSession(c, id)
		switch {
		case err != nil:
			return &refusal{status: http.StatusInternalServerError, text: "Internal server error"}
		// The service is not consistent about unknown sessions, and clients meet both
		// answers.
		case !found && operation.unknownIs400:
			return badRequest("unknown session id")
		case !found:
			return &refusal{status: http.StatusNotFound, text: "session not found"}
		case j.fate(s.now()) != succeeded:
			return badRequest("source session has no completed video URL")
		}
		o.sources = append(o.sources, j)
	}
	return nil
}

// afford refuses an order whose highest price is more than the account has.
func (s samsar) afford(o *samsarOrder) func(*books) *refusal {
	return func(b *books) *refusal {
		need := max(o.price(), credit.Of(o.highest))
		left, limited := b.left(account{Samsar, o.payer}, s.now())
		if !limited || need == 0 || left >= need {
			return nil
		}
		return &refusal{
			status: http.StatusPaymentRequired,
			text:   "Insufficient credits. Estimated required credits: " + need.String() + "; available credits: " + left.String(),
		}
	}
}

// accepted returns the answer to an accepted request.
func (s samsar) accepted(operation samsarOperation, j job, external bool) reply {
	body := map[string]any{"request_id": j.ID, "session_id": j.ID}
	if external {
		body["external_request_id"] = j.ID
		body["status_endpoint"] = "/v1/external_users/status?request_id=" + j.ID
	}
	if operation.name == "clone" {
		body["status"], body["type"] = "PENDING", "video"
	}
	if (external || operation.name == "clone") && !s.behaviour().NoCreditHeaders {
		body["creditsCharged"] = number(j.Price)
	}
	return reply{status: http.StatusOK, header: s.creditHeaders(j), body: body}
}

// creditHeaders returns the headers about credits, or none.
func (s samsar) creditHeaders(j job) http.Header {
	if s.behaviour().NoCreditHeaders {
		return nil
	}
	return http.Header{
		"X-Credits-Charged":   {j.Price.String()},
		"X-Credits-Remaining": {s.remaining(j.Payer).String()},
	}
}

// remaining returns the balance that an account shows.
func (s samsar) remaining(payer string) credit.Amount {
	left, limited := s.books.balance(account{Samsar, payer}, s.now())
	if !limited {
		return credit.Of(samsarOpenEnd)
	}
	return left
}

// credits answers with the balance of the account.
func (s samsar) credits(*call) reply {
	left := s.remaining("")
	body := map[string]any{"remainingCredits": number(left), "lastTopUp": nil}
	return reply{status: http.StatusOK, header: http.Header{"X-Credits-Remaining": {left.String()}}, body: body}
}

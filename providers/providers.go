// Package providers is what the engine knows of a video-generation service.
//
// A service has two halves. Its [Checker] is pure: it knows the service's
// numbered rules and prices, reaches no network, and is all that checking and
// planning are given. Its [Provider] is the client: a submit is exactly one
// exchange over HTTP, and nothing is repeated by itself, because only the engine
// knows what is safe to repeat. A method that only reads may need several reads
// for one answer. More abilities are optional interfaces: of a client [Finder],
// [Proposer], [Canceller], [Deleter], [Notifier], [Lister], [Balancer],
// [PriceChecker] and [Keyed]; of a checker [Attacher], [Measurer], [Lasting], [Orderer],
// [Informer], [Resembler] and [Surveyor].
//
// A failed call is an [*Error] with a [Kind]. The zero Kind is the careful one:
// we do not know whether it happened.
package providers

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
)

// Provider is the online half of a service.
type Provider interface {
	// Submit asks for one paid job. It returns a ticket, or for a synchronous
	// operation the result. An error whose kind is not [Kind.NothingCreated]
	// leaves the outcome unknown.
	Submit(ctx context.Context, r Request) (Receipt, error)
	// Poll asks how a job is doing. It may be repeated freely.
	Poll(ctx context.Context, operation string, t job.Ticket) (Progress, error)
}

// Checker is the offline half of one operation of a service: rules and prices,
// and nothing that could reach a paid endpoint (invariant L13). It is safe for
// concurrent use.
type Checker interface {
	Traits() Traits
	// Check reports every rule that the request breaks.
	Check(r Request) problem.List
	// Quote says what the request will cost; length is how long the video is
	// expected to be.
	Quote(r Request, length job.Length) credit.Estimate
	// Charge says what a settled job cost: the service's own word if it gave
	// one, else computed, else unknown.
	Charge(quoted credit.Estimate, p Progress) credit.Charge
	// Account says who pays for the request, and in which unit.
	Account(r Request) credit.Account
}

// Request is one paid call, complete but for the account's credentials.
type Request struct {
	Operation string          // "colossyan/template-job"
	Body      json.RawMessage // the payload, without callback or reference fields
	Media     []Media
	Reference string // our opaque name for the row; all that a service may echo
	Callback  string // https URL of our receiver, empty when there is none
	// Key names this very request: the same key, the same bytes. A service that is
	// declared to know submits by a key is sent it; empty: none is sent.
	Key string
}

// Media is a file that goes along with a request, as it lies on this machine. The
// ledger keeps less of it: [job.Media].
type Media struct {
	Part   string // name of the form part
	Path   string // local file
	Type   string // content type, from its content
	SHA256 string // hexadecimal, of the content as planned
	Size   int64
	Length time.Duration // how long it plays; 0 for a picture, and where it does not say
}

// Receipt is the answer to an accepted submit.
type Receipt struct {
	Ticket job.Ticket
	Held   credit.Charge // what the service says it reserved or took
	Result *job.Result   // of a synchronous operation: there is nothing to poll
	Rate   RateHint
}

// RateHint is how much of the account's allowance is left, as an answer's
// RateLimit headers say. It concerns the whole account, not one row: when
// nothing remains, no call should be made before Reset has passed.
type RateHint struct {
	Known     bool
	Remaining int           // calls left in the tightest window
	Reset     time.Duration // until that window begins anew; 0 when the service does not say
}

// Exhausted reports whether the service said that no call is left.
func (h RateHint) Exhausted() bool { return h.Known && h.Remaining <= 0 }

// Outcome is how far a job has come. The zero value is "not final": whatever we
// do not recognise goes on.
type Outcome uint8

// The outcomes.
const (
	Running   Outcome = iota // queued, working, finishing, or a word we do not know
	Succeeded                // the result is there
	Failed                   // the service gave up
	Cancelled                // stopped, by us or by somebody else
)

// Progress is the answer to a poll.
type Progress struct {
	Outcome  Outcome
	Strange  string     // the service's word where it is none that we know, redacted; empty: it is known
	Ticket   job.Ticket // what was learnt about the ids, if anything
	Result   job.Result
	Reported credit.Charge // the service's word on the cost
	Reason   string        // the service's words on a failure, redacted
	Rate     RateHint
}

// Prices is what a campaign says about a service that publishes no prices.
type Prices struct {
	Unit      string         // overrides the service's own unit when it publishes none
	PerMinute *credit.Amount // nil: not told
	PerJob    *credit.Amount
	Table     []Price
	AsOf      string // ISO 8601 date
}

// Price is one cell of a price table.
type Price struct {
	Model    string
	Quality  string
	Duration time.Duration
	Amount   credit.Amount
}

// Window is a limit of the form "at most Count in any span of Per".
type Window struct {
	Count int
	Per   time.Duration
}

// Traits are the values that the engine branches on, instead of on names.
type Traits struct {
	Submits  []Window // of paid calls
	Requests Window   // of all calls; a zero Count is no limit
	Active   int      // jobs at a time; 0 is no limit
	// HardActive says that Active is the service's own limit, not our caution.
	HardActive bool
	FirstPoll  time.Duration
	MaxPoll    time.Duration
	Typical    time.Duration // how long one job takes, from the documented sample; 0 when there is none
	Deadline   time.Duration
	// FindComplete says that a search that finds nothing, asked twice with
	// Settle between, proves that nothing was created.
	FindComplete bool
	// FindByContent says that jobs are told apart by content only, so identical
	// payloads go one at a time.
	FindByContent bool
	Settle        time.Duration
	// KeyHolds is how long the service knows a submit again by [Request.Key]; 0 where it
	// does not, or does not say so.
	KeyHolds    time.Duration
	Synchronous bool // the submit answers with the result
	Echoes      bool // a callback carries our reference, authenticated by us
	// Static says that the rules of the operation do not depend on what is put
	// in place of variables: what holds for one row holds for all. Neither do its account,
	// its files, and its price for a length. They are asked with an empty Body.
	Static      bool
	CancelMeans string // what cancelling means here, for people
	Look        string // where a person looks for a lost job
	GuessCost   string // what it costs to guess wrong
	Links       Links
}

// Links says what is known of the links to a finished video. The zero value knows nothing.
type Links struct {
	Page    Page
	Expire  bool          // the link of the video stops working some day
	Lasts   time.Duration // how long it works; 0: the service does not say
	Renewed bool          // asking for the job gives a new link
}

// Page says when a service gives a page that shows the video, whose link is short and lasts.
type Page string

// The ways to get such a page.
const (
	NoPage        Page = ""        // there is none, or it is not known of
	PageAlways    Page = "always"  // with each finished video
	PageByWebhook Page = "webhook" // with the webhook alone
)

// Config is what a client needs to reach its service.
type Config struct {
	BaseURL string
	Token   string
	Header  http.Header // further headers, cookies included
	// Transport is used for every call, nil for the client's own. One that does
	// not call the hooks of net/http/httptrace should fail with a dial error
	// where nothing was sent; any other failure counts as unknown.
	Transport     http.RoundTripper
	WebhookSecret string
	Paths         map[string]string // endpoints that the service does not document, by name
	Prices        Prices
}

// Operation is one paid call that a service offers.
type Operation struct {
	Name     string // "colossyan/template-job"
	Summary  string // what it makes, for people who choose one
	Schema   []byte // the JSON Schema of its payload; nil when there is none
	Starter  []byte // a complete template to copy and change; nil when there is none
	Template TemplateKind
}

// TemplateKind says what is known of an operation's templates.
type TemplateKind string

// The kinds of templates.
const (
	// PlainTemplate is a request of any shape, with placeholders where values go.
	PlainTemplate TemplateKind = ""
	// SceneTemplate is a request that holds the scenes of the video, so that their
	// length is known.
	SceneTemplate TemplateKind = "scenes"
	// SavedTemplate names scenes that the service keeps: its request gives values by
	// name, and the template may show a copy of the scenes.
	SavedTemplate TemplateKind = "saved scenes"
)

// Service is one line of the explicit list of services.
type Service struct {
	Name       string
	Title      string // as the vendor writes it
	BaseURL    string // empty: must be configured
	TokenHint  string // where a person finds the token
	Operations []Operation
	Examples   fs.FS // files that the examples of starters name, such as a picture; nil when there are none
	NewChecker func(operation string, p Prices) (Checker, error)
	New        func(c Config) (Provider, error)
	Described  Described // nil for a service that is written in Go
}

// Described is what a service that is described by data can be asked for.
type Described interface {
	// Service returns the service with the settings that a campaign chose.
	Service(settings map[string]string) (Service, error)
}

// Offers reports whether the service has the operation.
func (s Service) Offers(operation string) bool {
	for _, o := range s.Operations {
		if o.Name == operation {
			return true
		}
	}
	return false
}

// Operations are those of services, by their names.
func Operations(of []Service) (names []string) {
	for _, s := range of {
		for _, o := range s.Operations {
			names = append(names, o.Name)
		}
	}
	return names
}

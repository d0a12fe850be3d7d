package providers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
)

// Attacher is a [Checker] of an operation whose requests carry files.
type Attacher interface {
	// Attach reads the files that the body names, sniffs and hashes them. place
	// says where the file is that the sheet names by a path or an address; the
	// media keep the sheet's word for it, so that a folder can be moved between
	// plan and submit.
	Attach(r Request, place func(name string) Placed) ([]Media, problem.List)
}

// Placed is the place of a file that a row names. The zero value means that the file was
// not looked for, as when only a network could find it: the file is left out, and there
// is no problem.
type Placed struct {
	Path string
	// Problem says why the file cannot be opened or, as a warning, what a person should
	// know about it. The caller adds the member of the request that it concerns.
	Problem *problem.Problem
	// TooLarge is the size of a file that was not brought here because of it; 0
	// for any other.
	TooLarge int64
}

// Measurer is an [Attacher] that can tell from a request's files how long its video
// will be.
type Measurer interface {
	// Measure returns the zero value where the files do not tell.
	Measure(r Request) job.Length
}

// Lasting is a [Checker] that can tell from a request, and from how long the video is that
// the request goes on with, how long its video will be. A later step may be charged by that.
type Lasting interface {
	// Lasts returns the zero value where that is not known. The source is zero where the
	// request goes on with none.
	Lasts(r Request, source job.Length) job.Length
}

// Orderer is a [Checker] that knows a cheaper order of its operation and an earlier one of
// the same chain.
type Orderer interface {
	// Wastes says, with its arithmetic, what is paid for and then lost or paid again when this
	// operation comes after an earlier one; empty where the order is right.
	Wastes(earlier string) string
}

// Informer is a [Checker] whose rules depend on the account. Until it is told about the
// account, it knows the rules that the service documents.
type Informer interface {
	// WithAssets returns a checker that knows the assets of a kind besides, as
	// [Lister.Assets] lists them. Those of a kind that no rule needs change nothing.
	WithAssets(kind string, assets []Asset) Checker
}

// Want is something that a request names, and that the account must have by now: a
// voice, a finished video. Equal wants are asked about once.
type Want struct {
	What    any    // of the service's own kind; comparable
	Pointer string // to its place in the request; empty where it stands in several
}

// Account has the questions that an [Auditor] may ask about an account. None of them
// costs money.
type Account struct {
	// Simulated says that it is a simulator's, in which nothing was made before.
	Simulated bool
	// List lists the assets of a kind, as [Lister.Assets] does. A list that was kept may
	// have the age.
	List func(ctx context.Context, kind string, age time.Duration) ([]Asset, error)
}

// Auditor is a [Checker] of requests with names that only the account can confirm.
type Auditor interface {
	// Wants lists what a document names: a request, or the scenes of a template. One
	// that is no JSON object names nothing.
	Wants(document json.RawMessage) []Want
	// Audit asks the account for the wanted things, and returns the problems of each. If
	// the account cannot tell, there are no problems, and the note says why.
	Audit(ctx context.Context, a Account, wants []Want) (found []problem.List, note string, err error)
}

// Resembler is a [Checker] of a service that shows less of a job than was asked
// for, where [Traits.FindByContent] holds.
type Resembler interface {
	// Resemblance names the part of a request that the service shows in its lists. Of
	// requests that have it in common, a run has at most one in doubt at a time.
	Resemblance(r Request) string
}

// Surveyor is a [Checker] that can say which rule it cannot check for any row, because
// the template lacks the information.
type Surveyor interface {
	// Survey reads the request of a template, with its variables still in it. Its
	// warnings are shown once and keep no row back.
	Survey(request json.RawMessage) problem.List
}

// Lost describes a submit whose answer was lost.
type Lost struct {
	Request Request
	Since   time.Time         // when it was about to be sent, by our clock
	Taken   func(string) bool // job ids that other rows hold
	// Others are the requests of the other rows that may have a job which no row
	// holds yet: those that are lost as well, and those on the wire.
	Others []Request
	// Known reports whether a job is a witness: one that the ledger knows, of the
	// same account as the lost request. It says by our clock when that job's
	// request was about to be sent. Nil: no proof is wanted.
	Known func(job string) (sent time.Time, known bool)
	// Foreign says that the search goes by other credentials than the request
	// did, or may: its list may be that of another account.
	Foreign bool
}

// Finder looks for a lost job at the service.
type Finder interface {
	// Find returns the tickets that could be the lost job. A video that could as
	// well be another row's is no find: that is an [*Error] of the kind Conflict,
	// which names the rivals.
	//
	// An empty answer without an error is proof that nothing was created, if
	// Traits.FindComplete says so. Therefore it needs a list that
	//
	//   - reaches back to Since by our clock and by the service's, the Date of
	//     an answer included: whichever is earlier. A list that is newest first
	//     is read until it shows something older, any other to its end;
	//   - shows at least one job that Known knows, in the same search. Without
	//     one it may be the list of another account, or one that is behind or cut
	//     short: the answer is [ErrNoWitness]. A witness that is older than the
	//     lost request shows that the list reaches back far enough. One that is
	//     younger shows the account, and by its date the clock of the list: where
	//     that is behind ours, the list must reach back further by as much.
	Find(ctx context.Context, l Lost) ([]job.Ticket, error)
}

// ErrNoWitness is what [Finder.Find] returns, wrapped or not, for a search that
// found nothing, and showed no job that the ledger knows either. It proves
// nothing yet: a job that is made later may become the witness.
var ErrNoWitness = errors.New("the service's list shows no job that this ledger knows: it may be the list of another account")

// ErrNotSearchable is what [Finder.Find] returns, wrapped, for an operation or a
// request that the service has no list for, although it has one for others: the
// search proves nothing and never will, so there is no use in asking again.
var ErrNotSearchable = errors.New("the service lists nothing that could be searched for it")

// Proposal is a job that could be a lost one, for a person to look at.
type Proposal struct {
	Ticket   job.Ticket
	VideoURL string // to be watched before deciding; empty when there is none
	Why      string // what speaks for it, for people
}

// Proposer offers jobs that could be a lost one where too little is known of them
// to adopt one without a person.
type Proposer interface {
	Propose(ctx context.Context, l Lost) ([]Proposal, error)
}

// PriceDifference is a price that the service asks now and that plans are not
// made with.
type PriceDifference struct {
	Name      string         // of what is priced, such as a model
	Per       string         // what the price is for, such as "second"
	Unit      string         // of both amounts
	Planned   credit.Amount  // what plans are made with
	Published *credit.Amount // what the service says now; nil when it does not offer it any more
}

// PriceChecker compares the prices of plans, also those that the campaign sets, with
// those that the service publishes. It costs nothing. A paid run should begin with it.
type PriceChecker interface {
	CheckPrices(ctx context.Context) ([]PriceDifference, error)
}

// Canceller stops a job. What that means is in Traits.CancelMeans.
type Canceller interface {
	Cancel(ctx context.Context, operation string, t job.Ticket) error
}

// Deleter removes a finished video at the service.
type Deleter interface {
	Delete(ctx context.Context, operation string, t job.Ticket) error
}

// Notice is what a push of the service says; a hint, unless it is authentic.
type Notice struct {
	Reference string
	Ticket    job.Ticket
	Authentic bool     // the sender proved to be the service, or to hold our secret
	Progress  Progress // what it claims
}

// Notifier reads the service's webhooks. A forged one is an error.
type Notifier interface {
	Notify(header http.Header, query, body []byte) (Notice, error)
}

// Unlocker is a service with results that only its own token opens.
type Unlocker interface {
	// Unlock returns the headers for a link; nil for one that must not get the token.
	Unlock(link *url.URL) http.Header
}

// Asset is something the account may use: a voice, an avatar, a model, a font.
type Asset struct {
	Name    string            `json:"name"`
	Label   string            `json:"label"`
	Details map[string]string `json:"details,omitempty"`
}

// Lister lists what the account can use.
type Lister interface {
	Kinds() []string
	Assets(ctx context.Context, kind string) ([]Asset, error)
}

// Discoverer is a client of a service that keeps templates, and can be asked for their
// variables.
type Discoverer interface {
	// Discover lists the variables of the template that a request names.
	Discover(ctx context.Context, r Request) ([]Asset, error)
}

// Vetter is a client that can ask its service about a request before that is paid for. Its
// calls cost nothing, and equal questions are asked once.
type Vetter interface {
	// Vet returns what the service says against a request. Its problems point into the
	// request.
	Vet(ctx context.Context, r Request) (problem.List, error)
}

// Balancer asks for the account's balance.
type Balancer interface {
	Balance(ctx context.Context) (credit.Amount, credit.Account, error)
}

// Selective is a client or a checker whose type has more abilities than its service: those
// that it lacks are not used.
type Selective interface {
	// Lacks reports whether it has not the ability that a nil pointer to its interface
	// names: (*Canceller)(nil).
	Lacks(ability any) bool
}

// As returns a client or a checker as one with an optional ability, and whether it has it:
// As[Canceller](client). It is to be asked in place of a type assertion, see [Selective].
func As[T any](of any) (T, bool) {
	ability, has := of.(T)
	if s, selective := of.(Selective); has && selective && s.Lacks((*T)(nil)) {
		var none T
		return none, false
	}
	return ability, has
}

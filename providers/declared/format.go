package declared

import (
	"encoding/json"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
)

// Format is the version of the format that this program reads.
const Format = "reelmerge.service/v1"

// Description is a service as data. Its members are those of schema/service.schema.json,
// which says what each is for.
type Description struct {
	Format     string
	Name       string
	Title      string
	AsOf       string `json:"as_of"`
	Sunset     string
	Sources    []Source
	BaseURL    Text `json:"base_url"`
	Hosts      []string
	Settings   map[string]Setting
	Auth       Auth
	Headers    map[string]Text
	TokenHint  string `json:"token_hint"`
	Envelope   *Envelope
	Message    Pointers
	Answers    map[string]string
	Limits     Limits
	Test       *Test
	Money      Money
	Webhook    *Webhook
	Assets     map[string]Listing
	Operations map[string]*Operation
	Recordings []Recording

	text []byte // of the file
	raw  any    // the same as a document
	// played says that the service is the simulator's, which does what the description says.
	played bool
	probe  *Probe // of its claims; nil outside of one
}

// Source is where facts are from.
type Source struct {
	URL string
	By  string // "vendor" where the file is silent
}

// UnmarshalJSON reads a text or an object.
func (s *Source) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		s.By = "vendor"
		return json.Unmarshal(data, &s.URL)
	}
	type plain Source
	return json.Unmarshal(data, (*plain)(s))
}

// Setting is one choice of a campaign.
type Setting struct {
	Hint     string
	Default  string
	Required bool
	Always   string `json:"-"` // what a test has, whatever the campaign chooses
}

// Auth says how calls carry the token.
type Auth struct {
	Scheme   string
	Header   string
	Value    Text
	User     Text
	Password Text
	Name     string
}

// Call is one call.
type Call struct {
	Method  string
	Path    Text
	Base    Text
	URL     string
	Query   map[string]Text
	Headers map[string]Text
	Body    string
	Send    json.RawMessage
}

// Envelope says how a refusal inside an answer of 2xx is known.
type Envelope struct {
	OK *struct {
		At string
		Is any
	}
	Code  string
	Codes map[string]string
}

// Limits say how fast and how much at a time.
type Limits struct {
	Submits  []Rate
	Requests Rate
	Active   int
	ActiveIs string `json:"active_is"`
	Headers  *struct {
		Remaining string
		Reset     string
		ResetAs   string `json:"reset_as"`
	}
}

// Test says how videos are made for nothing.
type Test struct {
	Settings map[string]string
	Fixed    map[string]any
	Means    string
}

// Money says what the service charges in.
type Money struct {
	Unit     string
	AsOf     string `json:"as_of"`
	Failures string
	Balance  *struct {
		Call   Call
		Amount Value
	}
}

// Operation is one paid call, and all that follows it.
type Operation struct {
	Summary   string
	Request   json.RawMessage
	Example   json.RawMessage
	Length    *string
	Variables *Variables
	Rules     []Rule
	Check     *Check
	Uploads   []Upload
	Submit    Submit
	Poll      Read
	Then      []Read
	Pace      Pace
	Cancel    *Cancel
	Delete    *struct{ Call Call }
	Price     []Price

	proof Proof // of its claims, on this account
}

// Variables say in which shape a template's variables are sent.
type Variables struct {
	At       string
	Shape    string
	Item     any
	Discover *Listing
}

// Listing is a list of things with names.
type Listing struct {
	Call  Call
	Items string
	Name  string
	Label Pointers
	Next  *Next
}

// Check is a free call that says what is wrong with a request.
type Check struct {
	Call     Call
	Errors   Pointers
	Warnings Pointers
}

// Rule is one rule of the service.
type Rule struct {
	Code    string
	Must    string
	Says    string
	Hint    string
	At      string
	Warning bool
}

// Upload is a member of the request that names a file.
type Upload struct {
	At     string
	How    string
	Part   string
	Types  []string
	Max    string
	Length bool
	Ask    *Call
	Put    string
	Use    string
	Valid  Duration
}

// Submit is the paid call.
type Submit struct {
	Call Call
	Put  struct {
		Callback  *string
		Reference *string
		Job       *string
	}
	Fixed       map[string]any
	Accepted    []int
	RefusedWhen *string `json:"refused_when"`
	Ticket      Ticket
	Held        *Charge
	Timeout     Duration
	Lost        Lost
}

// Ticket says where the service's names for a job are.
type Ticket struct {
	Job    Pointers
	Result Pointers
	More   map[string]Pointers
}

// Charge is an amount that the service names.
type Charge struct{ Amount Value }

// Lost says how it is found out what became of a lost submit.
type Lost struct {
	Key    *Key
	Find   *Find
	Person struct {
		Look       string
		GuessCosts string `json:"guess_costs"`
	}
}

// Key is a key of ours by which the service knows a submit again.
type Key struct {
	In         string
	Name       string
	Form       string
	Holds      Duration
	Replay     string
	Remembers  string
	InProgress []int `json:"in_progress"`
	Changed    []int
	ChangedIs  string `json:"changed_is"`
	Replayed   *Mark
	Scope      string
	Stated     string
}

// Mark is how an answer is known that the service gave before.
type Mark struct {
	Header string
	At     *string
	Is     any
}

// Find is a list of jobs to look for a lost one in.
type Find struct {
	Call     Call
	Items    string
	Job      Pointers
	Result   Pointers
	More     map[string]Pointers
	Match    map[string]Text
	Created  *Value
	Order    string
	Next     *Next
	Absent   []int
	Complete bool
	Stated   string
	Settle   Duration
	Visible  Duration
}

// Next says how the next page is asked for.
type Next struct {
	Cursor string
	URL    string
	Offset bool
	Page   *int
	Size   int
}

// Read is a call that says how a job is doing.
type Read struct {
	Call   Call
	Same   Pointers
	Status Pointers
	Words  struct {
		Running   []string
		Succeeded []string
		Failed    []string
		Cancelled []string
	}
	FailedWhen *string `json:"failed_when"`
	Reason     Pointers
	Gone       struct {
		Answers []int
		Empty   bool
	}
	Result  Result
	Charged *Charge
}

// Result says where the results of a finished job are.
type Result struct {
	VideoURL     *Value `json:"video_url"`
	ShareURL     *Value `json:"share_url"`
	ThumbnailURL *Value `json:"thumbnail_url"`
	Duration     *Value
	Bytes        *Value
	Expires      Duration
	RenewedBy    string `json:"renewed_by"`
	Fetch        string
}

// Pace says how often a job is asked for.
type Pace struct {
	First    Duration
	Max      Duration
	Deadline Duration
	Typical  Duration
}

// Cancel says how a job is stopped.
type Cancel struct {
	Call  Call
	Means string
}

// Price is one line of a price.
type Price struct {
	Basis     string
	Of        string
	Rate      *credit.Amount
	Per       string
	Step      Duration
	Least     Duration
	By        Pointers
	Table     map[string]credit.Amount
	Otherwise *credit.Amount
	When      string
}

// Webhook says what the service sends when a job is over.
type Webhook struct {
	Verify    Verify
	Reference Pointers
	Job       Pointers
	Read      *Read
}

// Verify says how a webhook proves where it is from.
type Verify struct {
	Scheme    string
	Hash      string
	Encoding  string
	Header    string
	Prefix    string
	Signed    Text
	SecretIs  string `json:"secret_is"`
	Timestamp *struct {
		Header    string
		Tolerance Duration
	}
}

// Recording is one answer of the service.
type Recording struct {
	Call      string            `json:"call"`
	Operation string            `json:"operation,omitempty"`
	Index     int               `json:"index,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Named     string            `json:"named,omitempty"`
	From      string            `json:"from"`
	Source    string            `json:"source,omitempty"`
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers,omitempty"`
	Request   json.RawMessage   `json:"request,omitempty"`
	Body      json.RawMessage   `json:"body,omitempty"`
}

// stated reports whether a statement is the vendor's own: it begins with one of the
// sources, and that source is the vendor's.
func (d *Description) stated(text string) bool {
	for _, s := range d.Sources {
		if text != "" && s.By == "vendor" && strings.HasPrefix(text, s.URL) {
			return true
		}
	}
	return false
}

// Package campaign reads the one file that says what a run is: which rows,
// which template, which service, within which limits and for how much.
//
// A campaign is YAML in a strict dialect. No anchors, aliases or tags; every
// key is known or a problem with the nearest known key as its hint; numbers,
// amounts and durations are read from the very text in the file, so that no
// price is ever a float and no postcode loses a zero. All problems are reported
// at once, each with its line and column.
//
// [Load] fills in only the defaults that do not depend on the service. The service's
// own values (its request windows, how often to ask) stay zero here, which means
// "not set"; the caller that knows the service fills them in. Secrets stay
// unresolved until [File.Secrets] is called, which only a paid run needs.
package campaign

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// MaxSize is the largest campaign file that is read, in bytes.
const MaxSize = 256 << 10

// File is one campaign file with its defaults in place. Paths in it are
// already resolved against Dir; "-" stands for standard input.
type File struct {
	Name string // what the file says, else its own name without extension
	Path string // of the campaign file as it was given; empty when a sheet stands in for it
	Dir  string // of the campaign file: what its paths are relative to

	Rows      Rows
	Locale    string // BCP 47; "en" when the file is silent
	Template  string
	Variables map[string]Variable

	Provider Provider
	Limits   Limits
	Budget   *Budget   // nil when spending has no limit
	Approval *Approval // nil: no approval is asked for
	Prices   Prices
	Output   Output
	Webhook  Webhook
	Notify   Notify
	Store    Store

	settings []Setting
	document *node    // with the overrides in it, for Encode
	lines    []string // of the file as it stands, for edits
}

// Rows says which sheet holds the rows and how to read it.
type Rows struct {
	File      string // .csv, .tsv, .xlsx, .ods or .jsonl, or "-"; empty where Link is there
	Link      Link   // the web address of the sheet; empty: it is a file
	Sheet     string // empty is the first visible sheet
	HeaderRow int    // 1 is the first row of the sheet; 0: found
	Key       string // the column with the id of each row; empty when values name it
	Where     string // the expression that keeps a row; empty keeps all
	// Suppress is a sheet of people who must not be sent a video: its first column has row
	// keys, or what the sheet of the campaign has in SuppressColumn. Empty: there is none.
	Suppress       string
	SuppressColumn string
	Consent        string // the column that says who agreed; empty: no consent is asked for
	Encoding       string // empty is detected
	Delimiter      string // one character; empty is detected
	Hidden         string // "keep" or "skip"
	Dates          string // layout in Go's notation; empty keeps the cell's own format
	Duplicates     string // "warn", "refuse" or "keep"
	// MediaFolder is where files must be that rows name by a path; default: the folder of
	// the campaign.
	MediaFolder string
	Address     string // the column with the addresses for mailings; empty: the only one that has them
}

// Source says where the value of one variable comes from: at most one of
// Column, Value and Expr; none of them means "the column of the same name".
type Source struct {
	Column, Value, Expr, Format, Default string
	HasValue, HasDefault                 bool // tell an empty text from none
	Transform                            []string
}

// Variable is the source of one variable and the place where the file says so.
type Variable struct {
	Source
	Line, Column int // of its name in the campaign file; 0 when it is not from there

	order int
}

// Provider says which service makes the videos.
type Provider struct {
	Name      string            // empty: the template's operation says it
	BaseURL   string            // empty: the service's own
	Token     Secret            // unresolved, may hold ${VAR}; see File.Secrets
	TokenFile string            // a file that holds the token and nothing else
	Account   string            // a name for the account that pays; empty: it is known by its token
	File      string            // a description of the service; empty: the service is known
	Settings  map[string]string // what such a description lets a campaign choose
	Test      bool              // use the service's own test mode
	Paths     map[string]string // endpoints that the service does not document, by their names
	Headers   map[string]Secret // sent with each call; unresolved like Token
	Sandbox   Sandbox
}

// Sandbox asks for the embedded simulator instead of the service.
type Sandbox struct {
	On      bool
	Render  time.Duration // how long one video takes; 0 is the simulator's own default
	Faults  string        // which faults it plays, "429=10%,slow=1%"
	Seed    int64         // of the faults
	Deliver string        // HOST=ADDR: where webhooks for a public name really go
	State   string        // a simulator's file to go on with, so that one campaign edits another's videos; default: one of its own
}

// Limits keep a run within what the service and its owner allow. A zero value
// is not set: the service's own value then holds.
type Limits struct {
	Submits  []Window // of paid calls
	Requests Window   // of all calls
	Active   int      // jobs at a time
	Poll     Poll
	Deadline time.Duration // how long a job may stay without an outcome
	Typical  time.Duration // how long the service works on one video; 0 leaves it to the service, or to what was seen
	StopAt   *ClockTime    // no new job after this time of day; nil is never
}

// Poll says how often a job's status is asked for.
type Poll struct {
	First time.Duration
	Max   time.Duration
}

// Budget is the most that the campaign may spend.
type Budget struct {
	Limit credit.Amount
	Unit  string // empty is the unit the service charges in
}

// Approval says that a person must approve what is sent.
type Approval struct {
	Over *credit.Amount // so much may be sent without; nil: nothing
	Unit string         // of Over; empty is the unit the service charges in
}

// Prices are the prices that a service does not publish and its customer knows. A nil
// amount is not known, which is not the same as free.
type Prices struct {
	Unit      string
	PerMinute *credit.Amount
	PerJob    *credit.Amount
	Table     string // path of a price table
	Currency  string // ISO 4217, upper case
	PerUnit   *credit.Amount
	AsOf      string // ISO 8601 date
}

// Output says where results go.
type Output struct {
	Dir      string
	Download bool
	Filename string // with {key} or other placeholders
	// Public is the https address under which the owner puts stills and GIFs; empty: none.
	Public string
}

// Notify says who is told how a run ended.
type Notify struct {
	URL Secret   // unresolved, may hold ${VAR}; a secret: a program that knows it can post there
	On  []string // done, held, unsure or budget
}

// Store says which database has the ledger, for several machines. Without one, the ledger
// is a file in the output folder.
type Store struct {
	URL    Secret // unresolved, may hold ${VAR}; a secret: it can have a password
	Ledger string // the ledger's name there; default: the campaign's
}

// HasPassword reports whether the address shows a password to its reader.
func (s Store) HasPassword() bool { return hasPassword(s.URL.text) }

// Webhook says where the service may call us back.
type Webhook struct {
	URL    string // https, as the services demand
	Listen string // host:port to listen on
	Secret Secret // unresolved, may hold ${VAR}
}

// Load reads the campaign file at path and puts the --set overrides on top,
// each "limits.active=3". The campaign is nil when a problem is an error.
func Load(path string, sets []string) (*File, problem.List) {
	data, err := readCapped(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.List{{Code: "CMP-FILE", Place: problem.Place{File: path}, Value: path, Message: "there is no such file",
			Hint: wording.NearestOr(filepath.Base(path), beside(path), "check the path; a campaign is a YAML file, and reelmerge init writes one")}}
	}
	if err != nil {
		return nil, problem.List{{Code: "CMP-FILE", Place: problem.Place{File: path}, Value: path, Message: fmt.Sprintf("read campaign: %v", err),
			Hint: "check the path; a campaign is a YAML file, and reelmerge init writes one"}}
	}
	return Parse(path, data, sets)
}

// beside are the names of the YAML files in the folder of a path.
func beside(path string) (names []string) {
	files, _ := os.ReadDir(filepath.Dir(path)) // no folder, no names
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext == ".yaml" || ext == ".yml" {
			names = append(names, f.Name())
		}
	}
	return names
}

// readCapped reads no more than one byte beyond the limit. That is enough for Parse to
// refuse a file that is too large, and a wrong path to a huge file does not fill memory.
func readCapped(path string) ([]byte, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Parse reads a campaign from memory; path says where it would lie, for its
// name and for what its paths are relative to.
func Parse(path string, data []byte, sets []string) (*File, problem.List) {
	root, found := parseDocument(data)
	if root == nil {
		return nil, told(path, found)
	}
	r := &reader{base: filepath.Base(path), problems: found}
	c, found := r.campaign(&File{Path: path, Dir: filepath.Dir(path), Name: stem(path)}, root, sets)
	if c != nil {
		c.lines = strings.Split(string(data), "\n")
	}
	return c, told(path, found)
}

// ForSheet returns the campaign for a command without a campaign file, such as
// "reelmerge run customers.xlsx --template welcome.json". It builds the document that a
// file would have, so that defaults and checks are the same. Its paths are relative to
// the current folder.
func ForSheet(sheet, template, key string, sets []string) (*File, problem.List) {
	rows := newMapping()
	rows.put("file", flagScalar(sheet, "the command line"))
	if key != "" {
		rows.put("key", flagScalar(key, "--key"))
	}
	root := newMapping()
	root.put("rows", rows)
	if template != "" {
		root.put("template", flagScalar(template, "--template"))
	}
	name := stem(sheet)
	if link := IsLink(sheet); link || sheet == "-" {
		name = "campaign"
		if link {
			sheet = Link(sheet).String() // it goes into messages
		}
	}
	c, found := (&reader{base: sheet}).campaign(&File{Dir: ".", Name: name}, root, sets)
	return c, told(sheet, found)
}

// New is a campaign without a file, with the defaults of one in place. Its paths are
// relative to the current folder, its output goes to out/NAME, and its rows come from
// the program.
func New(name, template string) (*File, problem.List) {
	root := newMapping()
	rows := newMapping()
	rows.put("file", flagScalar("-", "the program"))
	root.put("rows", rows)
	root.put("template", flagScalar(template, "the program"))
	return (&reader{base: name}).campaign(&File{Path: name, Dir: ".", Name: name}, root, nil)
}

// stem returns a file's name without folder and extension. A name such as ".yaml" has
// nothing before its extension and is returned whole.
func stem(path string) string {
	base := filepath.Base(path)
	if s := strings.TrimSuffix(base, filepath.Ext(base)); s != "" {
		return s
	}
	return base
}

// File resolves a path of the campaign against its folder. An absolute path,
// "-" and nothing at all stay as they are.
func (c *File) File(path string) string {
	if path == "" || path == "-" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, filepath.FromSlash(path))
}

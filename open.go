package reelmerge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/fit"
)

// Options say how a campaign is opened. The zero value knows no service.
type Options struct {
	// Services are those that may make the videos: [all.Services] of providers/all.
	Services []providers.Service
	// Stores keeps the ledger of a folder; nil keeps it in a bbolt file there, or in the
	// database that the campaign names.
	Stores func(folder string) Stores
	// Databases opens a database that several machines share, by its address; nil: this
	// program reaches none.
	Databases func(ctx context.Context, url string) (Database, error)
	// Store is the address of the database that has the ledger, in the place of the
	// campaign's. Join names a ledger there that belongs to this campaign, although its folder
	// does not know it.
	Store, Join string
	// Set overrides keys of the campaign, each as KEY=VALUE: limits.active=3.
	Set []string
	// Template and Key stand in for a campaign file, where a sheet is opened: the file
	// of the template, and the column with the id of each row.
	Template, Key string
	// Sandbox has the embedded simulator make the videos: no key, no cost.
	Sandbox bool
	// Test has the service make the videos in its own test mode: free, and marked by it.
	Test bool
	// Rows are those of a campaign whose sheet is "-", where a program has them.
	Rows *Rows
	// Stdin has the rows of a campaign whose sheet is "-"; nil: nothing is there.
	Stdin io.Reader
	// Ask asks a person; nil: there is none. An operation that needs an answer then
	// ends with the question in its [Error].
	Ask func(context.Context, Question) bool
	// Note shows a person a message while an operation goes on; nil shows none.
	Note func(text string)
	// Log is told of bugs, and how runs begin and end; nil: nothing is logged.
	Log *slog.Logger
	// Getenv looks up the variables that secrets are in; nil: those of the process.
	Getenv func(string) string
}

// Rows are rows that a program has, such as those of a database. Each is called whenever
// rows are read. That is more than once: for a plan, for a run, and for its results.
type Rows struct {
	Columns []string // their names
	Each    iter.Seq2[sources.Row, error]
}

// Campaign is a campaign with its template, its service and its ledger. It does one
// operation at a time.
type Campaign struct {
	options  Options
	file     *campaign.File
	template *templates.Template
	program  *templates.Program
	boxes    *templates.Boxes
	service  providers.Service
	checker  providers.Checker
	steps    []engine.Stage   // those before the rows' own, where the template is a chain
	prices   providers.Prices // in force, of the campaign
	found    problem.List     // warnings of campaign and template
	problems problem.List     // those, and of the sheet's header, as it was opened last
	stdin    stdin
	media    *addresses // nil until it is asked for; see [Campaign.addresses]
	earlier  []string   // columns of earlier results that the sheet has

	corrected *correctedRows // of the sheet that was opened last; nil without corrections

	inventory *inventory.Inventory // nil until it is asked for; see [Campaign.made]

	described *declared.Description // of a service that is described; nil for one in Go
}

// Open reads a campaign and its template, and finds its service. The path is that of a
// campaign file, or of a sheet if the options name a template; "-" is a sheet on standard
// input. Open creates no file and asks no service. All problems of the two files come at
// once, in an [Error] that is a [problem.List].
func Open(_ context.Context, path string, o Options) (*Campaign, error) {
	file, found := o.read(path)
	switch {
	case file == nil && isTemplate(path):
		return nil, fail(Usage, fmt.Errorf("%q is a template, and a campaign also needs a sheet", path),
			wording.Shown("reelmerge", "init", path, "SHEET")+" writes the campaign")
	case file == nil:
		return nil, refused(found)
	}
	return opening(file, found, o)
}

// New is [Open] for a campaign that is a value and has no file, see [campaign.New].
func New(_ context.Context, file *campaign.File, o Options) (*Campaign, error) {
	// The campaign is changed while it is opened, and the value belongs to the caller.
	own := *file
	return opening(&own, nil, o)
}

// opening finishes Open and New.
func opening(file *campaign.File, found problem.List, o Options) (*Campaign, error) {
	c := &Campaign{options: o.withDefaults(), file: file, found: found}
	if o.Store != "" {
		c.file.Store.URL = campaign.NewSecret(o.Store)
	}
	// The template names the operation, and by that the service; so it is read first.
	c.describeService()
	c.readTemplate()
	if c.template != nil {
		c.findService()
	}
	if c.found.HasErrors() {
		return nil, refused(c.found)
	}
	c.problems = c.found
	c.useCopy()
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	return o
}

func (o Options) read(path string) (*campaign.File, problem.List) {
	sets := o.Set
	// It goes first, so that a setting of the caller can still change details of the
	// simulator.
	if o.Sandbox {
		sets = append([]string{"provider.sandbox=true"}, sets...)
	}
	if o.Test {
		sets = append([]string{"provider.test=true"}, sets...)
	}
	// The campaign is kept in the database with a name for its address.
	if o.Store != "" {
		sets = append([]string{"store.url=${REELMERGE_STORE}"}, sets...)
	}
	if o.Template != "" || path == "-" || sources.IsSheet(path) || campaign.IsLink(path) {
		return campaign.ForSheet(path, o.Template, o.Key, sets)
	}
	return campaign.Load(path, sets)
}

// Close ends the use of the campaign. Each operation has closed the ledger already.
func (c *Campaign) Close() error { return nil }

// File is the campaign as it was read. The caller must not change it.
func (c *Campaign) File() *campaign.File { return c.file }

// Service is the one that makes the videos.
func (c *Campaign) Service() providers.Service { return c.service }

// Warnings are those of the campaign, the template and the header of the sheet, as it
// was read last.
func (c *Campaign) Warnings() problem.List { return c.problems }

// note tells a person something.
func (c *Campaign) note(format string, args ...any) {
	c.options.Note(fmt.Sprintf(format, args...))
}

// isTemplate reports whether a path that should be a campaign is a template.
func isTemplate(path string) bool {
	data, err := atomicfile.Read(path, mostTemplate)
	if err != nil || !strings.EqualFold(filepath.Ext(path), ".json") {
		return false
	}
	var doc struct{ VideoCreative, Operation json.RawMessage }
	return json.Unmarshal(data, &doc) == nil && (doc.VideoCreative != nil || doc.Operation != nil)
}

// readTemplate reads and compiles the template, and collects its problems.
func (c *Campaign) readTemplate() {
	data, err := atomicfile.Read(c.file.Template, mostTemplate)
	if err != nil {
		c.found = append(c.found, problem.Problem{
			Severity: problem.Error, Code: "TPL-FILE", Place: problem.Place{File: c.file.Template}, Message: fmt.Sprintf("read template: %v", wording.WithoutPath(err)),
			Hint: "check template: in the campaign; the path is relative to the campaign file",
		})
		return
	}
	parsed, found := templates.Parse(c.file.Template, data, Operations(c.options.Services))
	c.found = append(c.found, found...)
	if parsed == nil || found.HasErrors() {
		return
	}
	c.template = parsed
	c.program, found = parsed.Compile()
	c.found = append(c.found, found...)
	if c.program != nil {
		c.template = c.program.Template() // the last step makes the videos of rows
	}
	c.boxes, found = templates.NewBoxes(c.template, c.readBeside)
	c.found = append(c.found, found...)
}

// readBeside reads a file that the template names, by a path that is relative to it.
func (c *Campaign) readBeside(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(c.file.Template), path)
	}
	return atomicfile.Read(path, fit.MostFont)
}

// findService finds the service by the template's operation. The campaign can name the
// service too, but not another one.
func (c *Campaign) findService() {
	name, _, _ := strings.Cut(c.template.Operation, "/")
	service, known := c.options.service(name)
	switch {
	case !known || !service.Offers(c.template.Operation):
		c.wrong("TPL-OPERATION", c.file.Template, c.template.Operation,
			fmt.Sprintf("no service offers the operation %q", c.template.Operation), "use one of: "+strings.Join(providers.Operations(c.options.Services), ", "))
		return
	case c.file.Provider.Name != "" && c.file.Provider.Name != name:
		c.wrong("CMP-PROVIDER", c.file.Path, c.file.Provider.Name,
			fmt.Sprintf("the campaign says provider %q, the template is for %q", c.file.Provider.Name, name), "leave provider: name out; the template says it")
		return
	}
	if service, known = c.choose(service); !known {
		return
	}
	c.file.Provider.Name = name
	c.service = service
	if err := c.believe(); err != nil {
		c.wrong("CMP-PROVIDER", c.file.Path, "", err.Error(), "see provider: settings")
		return
	}
	prices, err := readPrices(c.file.Prices)
	if err != nil {
		c.wrong("CMP-PRICES", c.file.Prices.Table, "", err.Error(), "")
		return
	}
	c.prices = prices
	if c.checker, err = c.service.NewChecker(c.template.Operation, prices); err != nil {
		c.wrong("CMP-PRICES", c.file.Path, "", err.Error(), "")
		return
	}
	c.findSteps()
	c.checkUnits()
}

func (c *Campaign) wrong(code, where, value, message, hint string) {
	c.found = append(c.found, problem.Problem{
		Severity: problem.Error, Code: code, Place: problem.Place{File: where}, Value: value, Message: message, Hint: hint,
	})
}

func (o Options) service(name string) (providers.Service, bool) {
	for _, s := range o.Services {
		if s.Name == name {
			return s, true
		}
	}
	return providers.Service{}, false
}

// Limits of files that are read into memory, in bytes. A template can be a Studio export
// with pictures in it.
const (
	mostTemplate = 64 << 20
	mostToken    = 64 << 10
	mostTable    = 16 << 20 // of prices
	mostStatus   = 16 << 20
)

// IsTest reports whether the videos are for a test: they are not paid, and must not reach
// a customer. Every output says so.
func (c *Campaign) IsTest() bool { return c.simulated() || c.file.Provider.Test }

// simulated reports whether the embedded simulator stands in for the service.
func (c *Campaign) simulated() bool { return c.file.Provider.Sandbox.On }

// The folders of tests, below the output folder: a test must never change the ledger of
// paid videos.
const (
	sandboxFolder = "sandbox"
	testFolder    = "test" // of the service's own test mode
)

// Folder is the folder of the ledger, the results and the videos of this campaign.
func (c *Campaign) Folder() string { return c.folder() }

// HasRun reports whether the campaign has a ledger. It is true for one that cannot be used,
// and asks no database.
func (c *Campaign) HasRun() bool {
	if c.shares() {
		at, err := c.whereabouts()
		return at.Ledger.ID != "" || err != nil
	}
	there, err := c.stores().Exists(context.Background())
	return there || err != nil
}

// folder is the folder of the ledger and the results of this campaign.
func (c *Campaign) folder() string {
	switch {
	case c.simulated():
		return filepath.Join(c.file.Output.Dir, sandboxFolder)
	case c.IsTest():
		return filepath.Join(c.file.Output.Dir, testFolder)
	}
	return c.file.Output.Dir
}

// Title names the service, and says if it makes test videos, or the simulator does.
func (c *Campaign) Title() string {
	switch {
	case c.simulated():
		return c.service.Title + " (simulator)"
	case c.IsTest():
		return c.service.Title + " (test)"
	}
	return c.service.Title
}

// TestLine says what the videos of a test are; empty for paid ones.
func (c *Campaign) TestLine() string {
	switch {
	case c.simulated():
		return "simulator: the videos are test pictures, and nothing was paid"
	case c.IsTest():
		return "test mode: " + c.described.Test.Means
	}
	return ""
}

func (c *Campaign) path(name string) string { return filepath.Join(c.folder(), name) }

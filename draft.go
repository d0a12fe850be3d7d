package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// DraftOptions say of what a campaign is made, and where it is written.
type DraftOptions struct {
	Template string // the file that Studio exports, or a template file
	Sheet    string // the file with one customer per row; empty: an example is written, with a starter
	Starter  string // the name of a starter template to copy
	Saved    string // the id of a template that is saved at the service
	Service  string // the file that describes the service; without a template, its example is the starter
	Out      string // the campaign file
	Key      string // the column with an id for each row; empty: the best one, if nothing is answered
	// Columns are those of variables that a person has chosen; an empty one feeds the
	// variable with nothing. The others are found by their names.
	Columns  map[string]string
	Approval bool // a person approves what is sent
	Force    bool // write over files that are there
	// Ask asks for what cannot be known; an empty answer leaves it open. Nil asks nothing.
	Ask func(context.Context, DraftQuestion) string
}

// DraftQuestion asks for something that the sheet, the template and the service do not
// tell.
type DraftQuestion struct {
	About    DraftSubject
	List     []string // what can be chosen, in a line each
	Text     string
	Proposal string                     // the answer if a person has none; empty: it is left open
	Wrong    func(answer string) string // what is wrong with an answer; empty: nothing is
}

// DraftSubject is what a [DraftQuestion] is about.
type DraftSubject string

// What is asked for a draft.
const (
	DraftKey     DraftSubject = "key"
	DraftColumn  DraftSubject = "column"  // that feeds a variable
	DraftSeconds DraftSubject = "seconds" // of one video
	DraftAddress DraftSubject = "address" // of a service on machines of one's own
	DraftMoney   DraftSubject = "money"   // what a unit of the service costs: 0.85 EUR
	DraftPrice   DraftSubject = "price"   // what one video costs
	DraftUnit    DraftSubject = "unit"    // of that price
)

// Draft is a campaign that is made of a template and a sheet, and not written yet.
type Draft struct {
	Campaign  string               `json:"campaign"` // the file
	Template  string               `json:"template"`
	Sheet     string               `json:"sheet"`
	Rows      int                  `json:"rows"`
	Key       string               `json:"key"` // empty: none
	Variables []Feed               `json:"variables"`
	Undecided []campaign.OpenPoint `json:"undecided"`
	Written   []string             `json:"written"` // files, once they are

	options    DraftOptions
	with       Options
	ask        func(DraftQuestion) string
	survey     *sources.Survey
	header     int // the row of the names
	parsed     *templates.Template
	program    *templates.Program
	service    providers.Service
	named      map[string]string // column by variable, where the variables were made of columns
	seconds    string            // the length of one video, if a person gave it
	baseURL    string
	prices     []string // lines of prices: what a unit, or a video, costs
	files      []newFile
	services   []providers.Service // that a template may be for
	discovered []byte              // see copied
}

// Feed says which column feeds a variable.
type Feed struct {
	Variable string `json:"variable"`
	Column   string `json:"column"`  // empty when none does
	Example  string `json:"example"` // the first value of the column
	Required bool   `json:"-"`       // without a column there is no video: it has no default, and may not be empty
	Near     string `json:"-"`       // a column that may be meant, where none has the name
}

// NewDraft reads a template and a sheet, and finds the columns of the template's variables.
// It writes nothing.
func NewDraft(ctx context.Context, o DraftOptions, with Options) (*Draft, error) {
	d := &Draft{Campaign: o.Out, Template: o.Template, Sheet: o.Sheet, Key: o.Key, Variables: []Feed{}, Undecided: []campaign.OpenPoint{}, Written: []string{}, options: o, with: with}
	d.ask = func(q DraftQuestion) string {
		if o.Ask == nil || ctx.Err() != nil {
			return ""
		}
		return o.Ask(ctx, q)
	}
	for _, step := range []func(context.Context) error{d.readService, d.readSheet, d.chooseKey, d.readTemplate, d.findService, d.mapColumns} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	d.askWhatNobodyPublishes()
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	return d, nil
}

// Columns are those of the sheet.
func (d *Draft) Columns() []sources.Surveyed { return d.survey.Columns }

// Keys are the columns that could name rows, the best first.
func (d *Draft) Keys() []*sources.Surveyed { return d.survey.Keys() }

// Service is the one that makes the videos.
func (d *Draft) Service() providers.Service { return d.service }

// leave leaves a decision to a person.
func (d *Draft) leave(point campaign.OpenPoint) { d.Undecided = append(d.Undecided, point) }

// readService adds the service of a file to those that there are, and refuses options of
// which one is missing, or given twice.
func (d *Draft) readService(context.Context) error {
	d.services = d.with.Services
	if d.options.Service != "" {
		services, described, found := WithService(d.services, d.options.Service)
		if found.HasErrors() {
			return refused(found)
		}
		d.services = services
		if own := Starters([]providers.Service{described}); d.options.Starter == "" && d.Template == "" && len(own) > 0 {
			d.options.Starter = own[0].Name
		}
	}
	return d.enough()
}

// enough refuses options of which one is missing, or given twice.
func (d *Draft) enough() error {
	switch starter := d.options.Starter; {
	case sources.IsSheet(d.Campaign):
		return fail(Usage, fmt.Errorf("--out %q: a campaign is a YAML file, not a sheet", d.Campaign), "for example --out campaign.yaml")
	case starter != "" && d.Template != "":
		return fail(Usage, errors.New("--template takes the place of a template file"), "give one of them")
	case starter == "" && d.Sheet == "":
		return fail(Usage, errors.New("which sheet? name the file with one customer per row"), "for example: reelmerge init export.json customers.xlsx")
	case starter == "" && d.Template == "" && d.options.Saved == "":
		return fail(Usage, errors.New("which template? name a Studio export or a template file, or give --template-job or --template"), "see reelmerge init --help")
	}
	return nil
}

// findService finds the service that the template is for.
func (d *Draft) findService(context.Context) error {
	name, _, _ := strings.Cut(d.parsed.Operation, "/")
	for _, s := range d.services {
		if s.Name == name && s.Offers(d.parsed.Operation) {
			d.service = s
			return nil
		}
	}
	return fail(Usage, fmt.Errorf("no service offers the operation %q", d.parsed.Operation), "use one of: "+strings.Join(providers.Operations(d.services), ", "))
}

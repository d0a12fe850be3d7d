package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/inventory"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// campaignFlags are the flags of commands that take a campaign, or a sheet that
// stands in for one.
type campaignFlags struct {
	sets     []string
	template string
	key      string
	sandbox  bool
	save     string
}

func (f *campaignFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.sets, "set", nil, "override a key of the campaign with `KEY=VALUE`, such as limits.active=3")
	flags.StringVar(&f.template, "template", "", "the template `file`, when a sheet stands in for a campaign")
	flags.StringVar(&f.key, "key", "", "the `column` that names a row for good, with --template")
	flags.BoolVar(&f.sandbox, "sandbox", false, "use the embedded simulator: no key, no cost")
	flags.StringVar(&f.save, "save-campaign", "", "write the sheet and flags down as a campaign `file`")
}

// setup is a campaign with everything that can be known of it offline.
type setup struct {
	*campaign.Campaign
	template *templates.Template
	program  *templates.Program
	service  providers.Service
	checker  providers.Checker
	problems problem.List  // warnings of campaign and template
	flags    campaignFlags // as they were typed
	stdin    stdin
	media    *addresses // nil until it is asked for; see [setup.addresses]
	earlier  []string   // columns of earlier results that the sheet has

	inventory *inventory.Inventory // nil until it is asked for; see [setup.made]
}

// load reads the campaign and its template. Problems of either are listed, all
// of them, and end the command.
func (a *app) load(arg string, f campaignFlags) (*setup, error) {
	s := &setup{flags: f}
	s.Campaign, s.problems = f.campaign(arg)
	if s.Campaign == nil && isTemplate(arg) {
		return nil, fail(exitUsage, fmt.Errorf("%q is a template, and a campaign also needs a sheet", arg),
			typed("reelmerge", "init", arg, "SHEET")+" writes the campaign")
	}
	if s.Campaign == nil {
		return nil, a.refuse(s.problems)
	}
	s.readTemplate()
	if s.template != nil {
		s.findService()
	}
	if s.problems.HasErrors() {
		return nil, a.refuse(s.problems)
	}
	return s, a.prepareSave(s, f.save)
}

func (f campaignFlags) campaign(arg string) (*campaign.Campaign, problem.List) {
	sets := f.sets
	if f.sandbox {
		sets = append([]string{"provider.sandbox=true"}, sets...)
	}
	if f.template != "" || isSheet(arg) {
		return campaign.ForSheet(arg, f.template, f.key, sets)
	}
	return campaign.Load(arg, sets)
}

// isSheet reports whether the argument is a sheet rather than a campaign file.
func isSheet(arg string) bool {
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".jsonl", ".ndjson":
		return true
	}
	return arg == "-"
}

// isTemplate reports whether somebody gave a template where a campaign belongs.
func isTemplate(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil || !strings.EqualFold(filepath.Ext(path), ".json") {
		return false
	}
	var doc struct{ VideoCreative, Operation json.RawMessage }
	return json.Unmarshal(data, &doc) == nil && (doc.VideoCreative != nil || doc.Operation != nil)
}

func (s *setup) readTemplate() {
	data, err := os.ReadFile(s.Template)
	if err != nil {
		s.problems = append(s.problems, problem.Problem{
			Severity: problem.Error, Code: "TPL-FILE", Place: problem.Place{File: s.Template}, Message: fmt.Sprintf("read template: %v", cause(err)),
			Hint: "check template: in the campaign; the path is relative to the campaign file",
		})
		return
	}
	parsed, found := templates.Parse(s.Template, data)
	s.problems = append(s.problems, found...)
	if parsed == nil || found.HasErrors() {
		return
	}
	s.template = parsed
	s.program, found = parsed.Compile(templates.Options{})
	s.problems = append(s.problems, found...)
}

// cause leaves the path out of a file error: the message names it already.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// findService takes the service from the template's operation, which the
// campaign may only repeat.
func (s *setup) findService() {
	name, _, _ := strings.Cut(s.template.Operation, "/")
	service, known := all.Find(name)
	switch {
	case !known || !service.Offers(s.template.Operation):
		s.problem("TPL-OPERATION", s.Template, s.template.Operation,
			fmt.Sprintf("no service offers the operation %q", s.template.Operation), "use one of: "+strings.Join(operations(), ", "))
		return
	case s.Provider.Name != "" && s.Provider.Name != name:
		s.problem("CMP-PROVIDER", s.Path, s.Provider.Name,
			fmt.Sprintf("the campaign says provider %q, the template is for %q", s.Provider.Name, name), "leave provider: name out; the template says it")
		return
	}
	s.Provider.Name, s.service = name, service
	prices, err := readPrices(s.Prices)
	if err != nil {
		s.problem("CMP-PRICES", s.Prices.Table, "", err.Error(), "")
		return
	}
	if s.checker, err = service.NewChecker(s.template.Operation, prices); err != nil {
		s.problem("CMP-PRICES", s.Path, "", err.Error(), "")
		return
	}
	s.checkBudgetUnit()
}

func (s *setup) problem(code, where, value, message, hint string) {
	s.problems = append(s.problems, problem.Problem{
		Severity: problem.Error, Code: code, Place: problem.Place{File: where}, Value: value, Message: message, Hint: hint,
	})
}

func operations() (names []string) {
	for _, s := range all.Services() {
		for _, o := range s.Operations {
			names = append(names, o.Name)
		}
	}
	return names
}

// isTest reports whether videos are made for a test: nothing is paid, and no customer
// is to get them. Every output asks it, and says so.
func (s *setup) isTest() bool { return s.Provider.Sandbox.On }

// folder is where the ledger and the results of this campaign are.
func (s *setup) folder() string {
	if s.isTest() {
		return filepath.Join(s.Output.Dir, sandboxFolder)
	}
	return s.Output.Dir
}

// title names the service, or that the simulator stands in for it.
func (s *setup) title() string {
	if s.isTest() {
		return s.service.Title + " (simulator)"
	}
	return s.service.Title
}

// sandboxFolder keeps what the simulator made apart, below the output folder.
const sandboxFolder = "sandbox"

func (s *setup) path(name string) string { return filepath.Join(s.folder(), name) }

// open opens the sheet and binds its columns to the template's variables.
func (a *app) open(s *setup) (*engine.Planner, error) {
	rows, err := a.openRows(s)
	if err != nil {
		return nil, a.refuseSheet(err)
	}
	columns := make([]string, len(rows.Columns()))
	for i, c := range rows.Columns() {
		columns[i] = c.Name
	}
	binder, problems := templates.NewBinder(columns, s.template.Variables, s.mapping())
	s.bound(problems)
	filter, problems := s.filter(columns)
	s.bound(problems)
	s.Rows.Key = sources.ColumnName(s.Rows.Key) // as it was copied from the sheet, perhaps
	s.checkKey(columns)
	s.noteEarlier(rows)
	s.pointAtHeader(rows.Header())
	if s.problems.HasErrors() {
		rows.Close()
		return nil, a.refuse(s.problems)
	}
	p := &engine.Planner{
		File: s.Rows.File, Rows: rows, Binder: binder, Filter: filter, Program: s.program, Checker: s.checker,
		Operation: s.template.Operation, Key: s.Rows.Key, Duplicates: engine.Duplicates(s.Rows.Duplicates),
		Folder: s.Dir, Fetch: s.addresses(a).recall, NeedPrice: s.Budget != nil,
	}
	if s.Output.Download {
		p.Filename = s.Output.Filename
	}
	return p, nil
}

func (a *app) openRows(s *setup) (sources.Reader, error) {
	if s.Rows.File == "-" {
		return a.openStdin(s)
	}
	return sources.Open(s.Rows.File, s.sheetOptions())
}

func (s *setup) sheetOptions() sources.Options {
	return sources.Options{
		Sheet: s.Rows.Sheet, HeaderRow: s.Rows.HeaderRow, Missing: s.missing, Encoding: s.Rows.Encoding,
		Delimiter: s.Rows.Delimiter, SkipHidden: s.Rows.Hidden == "skip", Dates: s.Rows.Dates,
	}
}

// missing counts the columns that the campaign names and a header has not.
func (s *setup) missing(columns []string) (needed, optional int) {
	_, unbound := templates.NewBinder(columns, s.template.Variables, s.mapping())
	_, unfiltered := s.filter(columns)
	needed, optional = append(unbound, unfiltered...).Count()
	if key := sources.ColumnName(s.Rows.Key); key != "" && !slices.Contains(columns, key) {
		needed++
	}
	return needed, optional
}

// pointAtHeader has the first missing column name the row that looks more like
// the header than the one that was read.
func (s *setup) pointAtHeader(h sources.Header) {
	i := slices.IndexFunc(s.problems, func(p problem.Problem) bool {
		return p.IsError() && (p.Code == "VAR-NO-COLUMN" || p.Code == "ROW-KEY-COLUMN")
	})
	if i >= 0 && h.Likely > 0 {
		s.problems[i].Message += fmt.Sprintf("; row %d was read as the header, and row %d looks more like it", h.Row, h.Likely)
		s.problems[i].Hint = fmt.Sprintf("set rows.header_row to %d", h.Likely)
	}
}

func (s *setup) mapping() templates.Mapping {
	m := templates.Mapping{Locale: s.Locale, Sources: map[string]templates.Source{}}
	for name, v := range s.Variables {
		m.Sources[name] = templates.Source(v.Source)
	}
	return m
}

func (s *setup) filter(columns []string) (*templates.Filter, problem.List) {
	if s.Rows.Where == "" {
		return nil, nil
	}
	filter, problems := s.mapping().NewFilter(columns, s.Rows.Where)
	for i := range problems {
		problems[i].Message = "rows.where: " + problems[i].Message
	}
	return filter, problems
}

// bound points problems of columns and variables at the campaign, where they are
// mended.
func (s *setup) bound(found problem.List) {
	where := s.Path
	if where == "" {
		where = s.Rows.File
	}
	for _, p := range found.In(where) {
		p.Line = s.Variables[p.Variable].Line
		s.problems = append(s.problems, p)
	}
}

func (s *setup) checkKey(columns []string) {
	if s.Rows.Key == "" {
		return
	}
	for _, c := range columns {
		if c == s.Rows.Key {
			return
		}
	}
	s.problem("ROW-KEY-COLUMN", s.Rows.File, s.Rows.Key,
		fmt.Sprintf("the sheet has no column %q, which is to name the rows", s.Rows.Key),
		nearestOr(s.Rows.Key, columns, "its columns are: "+strings.Join(columns, ", ")))
}

// refuseSheet ends a command whose sheet cannot be read.
func (a *app) refuseSheet(err error) error {
	var fe *sources.FileError
	if !errors.As(err, &fe) {
		return fail(exitUsage, err, "")
	}
	return a.refuse(problem.List{{
		Severity: problem.Error, Code: fe.Code, Place: problem.Place{File: fe.Path, Row: fe.Row, Cell: fe.Cell},
		Message: fileMessage(fe), Hint: fe.Hint,
	}})
}

func fileMessage(fe *sources.FileError) string {
	if fe.Err == nil || errors.Is(fe.Err, io.EOF) || errors.Is(fe.Err, fs.ErrNotExist) {
		return fe.Message
	}
	var more *sources.FileError
	if errors.As(fe.Err, &more) {
		return fe.Message + "; " + fileMessage(more)
	}
	return fe.Message + ": " + cause(fe.Err).Error()
}

// plan runs a planner, so that all commands report sheet errors alike.
func (a *app) plan(ctx context.Context, p *engine.Planner) (*engine.Plan, error) {
	defer p.Rows.Close()
	plan, err := p.Plan(ctx)
	var fe *sources.FileError
	switch {
	case err == nil:
		return plan, nil
	case errors.As(err, &fe):
		return nil, a.refuseSheet(err)
	case ctx.Err() != nil:
		return nil, exit(signalCode(ctx))
	}
	if known := (*failure)(nil); errors.As(err, &known) {
		return nil, known
	}
	return nil, ledgerFailure(err)
}

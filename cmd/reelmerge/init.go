package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// initFlags are the flags of init.
type initFlags struct {
	job     string
	starter string
	file    string // describes a service
	out     string
	key     string
	force   bool
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init [TEMPLATE] [SHEET]",
		Short: "Write a campaign, with the sheet's columns mapped to the template's variables",
		Long: `Write a campaign, with the sheet's columns mapped to the template's variables.

TEMPLATE is what Studio exports, or a template file. With --template-job it is a
template saved in Colossyan, and TEMPLATE, its export, may be left out. With
--template it is a starter template to copy, and without a SHEET an example sheet
is written as well, with the files that it names.

On a terminal it asks for what it cannot know; elsewhere that is marked in the
campaign as a comment.

Starter templates:

` + starters(),
		Example: "  reelmerge init export.json customers.xlsx\n" +
			"  reelmerge init --template-job 3f6c2b1e-8a50-4d1f-9f0e-6f1f8f6f0a11 export.json customers.xlsx\n" +
			"  reelmerge init --template samsar-text-to-video",
		Args: cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			d := &draft{initFlags: f, app: a}
			if a.interactive() {
				d.ask = func(question string) string { return a.question(c.Context(), question) }
			}
			return d.make(c.Context(), args)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.job, "template-job", "", "the `id` of a template saved in Colossyan, or with --template at that service, which is asked for its variables")
	flags.StringVar(&f.starter, "template", "", "the `name` of a starter template to copy")
	flags.StringVar(&f.file, "service", "", "the `file` that describes the service; without a template, its example is the starter")
	flags.StringVarP(&f.out, "out", "o", "campaign.yaml", "the campaign `file` to write")
	flags.StringVar(&f.key, "key", "", "the `column` with an id for each row that never changes")
	flags.BoolVar(&f.force, "force", false, "write over files that are there")
	return c
}

// starters lists the starter templates, each with what its operation makes.
func starters() string {
	var rows [][2]string
	for _, s := range reelmerge.Starters(all.Services()) {
		rows = append(rows, [2]string{s.Name, s.About})
	}
	return listed(rows)
}

// starter finds a starter template by its name, or by that of its operation.
func starter(name string, services []providers.Service) (reelmerge.Starter, error) {
	var names []string
	for _, s := range reelmerge.Starters(services) {
		if s.Name == schema.NameOf(name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return reelmerge.Starter{}, fail(exitUsage, fmt.Errorf("find starter template %q: there is none of that name; there are %s", name, strings.Join(names, ", ")),
		wording.NearestOr(name, names, "reelmerge init --help lists them"))
}

// copied is the starter template; with --template-job, one for a template that is saved at
// the service, which is asked once.
func (d *draft) copied(ctx context.Context) (reelmerge.Starter, error) {
	found, err := starter(d.starter, d.services)
	if err != nil || d.job == "" {
		return found, err
	}
	if d.discovered == nil {
		d.discovered, err = reelmerge.Discover(ctx, reelmerge.SavedTemplate{Starter: d.starter, ID: d.job, File: d.file}, d.app.options())
	}
	found.Template = d.discovered
	return found, err
}

// question asks for one line; an empty answer leaves it open, and so does ctx
// when it ends.
func (t *terminal) question(ctx context.Context, text string) string {
	if ctx.Err() != nil {
		return ""
	}
	fmt.Fprintf(t.err, "%s ", wording.Clean(text))
	answer := make(chan string, 1)
	go func() { // ends with the answer, or with the process
		line, err := readLine(t.in)
		if err != nil {
			line = ""
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case text := <-answer:
		return text
	case <-ctx.Done():
		fmt.Fprintln(t.err)
		return ""
	}
}

// draft is a campaign that init is making.
type draft struct {
	initFlags
	app *app
	ask func(question string) string // nil without a person to ask

	sheet    string   // path
	template string   // path
	given    []string // the files of the command line
	survey   *sources.Survey
	header   int // the row of the names
	parsed   *templates.Template
	program  *templates.Program
	service  providers.Service
	named    map[string]string // column by variable, where the variables were made of columns
	mapped   []mapped
	seconds  string // the length of one video, if a person gave it
	baseURL  string
	prices   []string // lines of prices: what a unit, or a video, costs
	files    []newFile
	open     []campaign.OpenPoint
	services []providers.Service // that a template may be for

	discovered []byte // see copied
}

// make drafts the campaign and writes it. When ctx ends, nothing is written.
func (d *draft) make(ctx context.Context, args []string) error {
	if err := d.arguments(args); err != nil {
		return err
	}
	if err := d.readSheet(ctx); err != nil {
		return err
	}
	if err := d.chooseKey(); err != nil {
		return err
	}
	if err := d.readTemplate(ctx); err != nil {
		return err
	}
	d.mapColumns()
	if err := d.findService(); err != nil {
		return err
	}
	d.askWhatNobodyPublishes()
	if ctx.Err() != nil {
		return exit(signalCode(ctx))
	}
	if err := d.addCampaign(); err != nil {
		return err
	}
	if err := d.write(); err != nil {
		return err
	}
	return d.tell()
}

// readService adds the service of --service to those that there are.
func (d *draft) readService() error {
	if d.services = all.Services(); d.file == "" {
		return nil
	}
	services, described, found := reelmerge.WithService(d.services, d.file)
	if found.HasErrors() {
		return d.app.refuse(found)
	}
	d.services = services
	if own := reelmerge.Starters([]providers.Service{described}); d.starter == "" && d.template == "" && len(own) > 0 {
		d.starter = own[0].Name
	}
	return nil
}

// arguments finds out which file is the sheet and which the template.
func (d *draft) arguments(args []string) error {
	d.given = args
	for _, arg := range args {
		switch {
		case sources.IsSheet(arg) && arg != "-" && d.sheet == "":
			d.sheet = arg
		case !sources.IsSheet(arg) && d.template == "":
			d.template = arg
		default:
			return fail(exitUsage, fmt.Errorf("%q: want one template (.json, .yaml) and one sheet (.xlsx, .ods, .csv, .tsv, .jsonl)", arg),
				"a sheet of another program: save it as .xlsx or CSV there; see reelmerge init --help")
		}
	}
	if err := d.readService(); err != nil {
		return err
	}
	return d.enough()
}

// enough refuses arguments of which one is missing, or given twice.
func (d *draft) enough() error {
	switch {
	case sources.IsSheet(d.out):
		return fail(exitUsage, fmt.Errorf("--out %q: a campaign is a YAML file, not a sheet", d.out), "for example --out campaign.yaml")
	case d.starter != "" && d.template != "":
		return fail(exitUsage, errors.New("--template takes the place of a template file"), "give one of them")
	case d.starter == "" && d.sheet == "":
		return fail(exitUsage, errors.New("which sheet? name the file with one customer per row"), "for example: reelmerge init export.json customers.xlsx")
	case d.starter == "" && d.template == "" && d.job == "":
		return fail(exitUsage, errors.New("which template? name a Studio export or a template file, or give --template-job or --template"), "see reelmerge init --help")
	}
	return nil
}

func (d *draft) readSheet(ctx context.Context) error {
	if d.sheet == "" {
		if err := d.exampleSheet(ctx); err != nil {
			return err
		}
	}
	for _, f := range d.files {
		if f.path == d.sheet {
			return d.surveySheet(sources.OpenReader(d.sheet, strings.NewReader(string(f.data)), sources.Options{}))
		}
	}
	return d.surveySheet(sources.Open(d.sheet, sources.Options{Missing: d.missing()}))
}

// missing counts the variables without a column of their name, if the template can be
// read already. The reader of sheets tells the header from a title by it.
func (d *draft) missing() func([]string) (needed, optional int) {
	data, err := atomicfile.Read(d.template, mostTemplate)
	if err != nil {
		return nil // it is made later, or refused with its reason
	}
	parsed, _ := templates.Parse(d.template, data, reelmerge.Operations(d.services))
	if parsed == nil || len(parsed.Variables) == 0 {
		return nil
	}
	return func(columns []string) (needed, optional int) {
		_, problems := templates.NewBinder(columns, parsed.Variables, templates.Mapping{Locale: "en"})
		return problems.Count()
	}
}

// mostTemplate is the largest template that is read.
const mostTemplate = 64 << 20

func (d *draft) surveySheet(rows sources.Reader, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fail(exitUsage, fmt.Errorf("read sheet %q: there is no such file", d.sheet), wording.NearestOr(filepath.Base(d.sheet), sheetsBeside(d.sheet), whereSheetsAre(d.sheet)))
	}
	if err != nil {
		return refuseSheet(err)
	}
	defer rows.Close()
	d.header = rows.Header().Row
	if d.survey, err = sources.NewSurvey(rows); err != nil {
		return refuseSheet(err)
	}
	if d.survey.Rows == 0 {
		return fail(exitUsage, fmt.Errorf("%q has no rows", d.sheet), "the first row holds the names of the columns, each further row one customer")
	}
	return nil
}

// sheetsBeside are the names of the sheets in the folder of a file.
func sheetsBeside(path string) (names []string) {
	files, _ := os.ReadDir(filepath.Dir(path)) // no folder, no names
	for _, f := range files {
		if sources.IsSheet(f.Name()) {
			names = append(names, f.Name())
		}
	}
	return names
}

// readTemplate reads the template, or makes it from the flags.
func (d *draft) readTemplate(ctx context.Context) error {
	var data []byte
	switch {
	case d.starter != "":
		found, err := d.copied(ctx)
		if err != nil {
			return err
		}
		data = found.Template
	case d.template != "":
		var err error
		if data, err = atomicfile.Read(d.template, mostTemplate); err != nil {
			return fail(exitUsage, fmt.Errorf("read template %q: %w", d.template, wording.WithoutPath(err)), "give a Studio export or a template file")
		}
	}
	switch {
	case d.starter != "":
		d.template = filepath.Join(filepath.Dir(d.out), strings.ReplaceAll(d.starter, "/", "-")+".template.json")
		d.files = append(d.files, newFile{d.template, data})
	case d.job != "":
		return d.templateJob(data)
	}
	return d.parse(d.template, data)
}

func (d *draft) parse(name string, data []byte) error {
	parsed, found := templates.Parse(name, data, reelmerge.Operations(d.services))
	if parsed == nil || found.HasErrors() {
		return d.app.refuse(found)
	}
	program, more := parsed.Compile()
	if more.HasErrors() {
		return d.app.refuse(append(found, more...))
	}
	d.parsed = parsed
	d.program = program
	return nil
}

// templateJob writes the template of a job that is saved in Colossyan. With its export
// the variables and the length are known. Without it every column counts as a variable.
func (d *draft) templateJob(export []byte) error {
	doc := jobTemplate{Operation: savedTemplate(), Request: map[string]string{"templateJobId": d.job}}
	if export != nil {
		if err := d.parse(d.template, export); err != nil {
			return err
		}
		if d.parsed.Creative == nil {
			return fail(exitUsage, fmt.Errorf("%q has no videoCreative", d.template), "with --template-job, give what Studio exports for the saved template, or nothing")
		}
		doc.Creative = d.parsed.Creative
	} else {
		doc.Variables = d.columnVariables()
		d.seconds = d.answer("How many seconds is one video? (empty: not known)", positive)
		doc.Duration = duration(d.seconds)
	}
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fail(exitUsage, fmt.Errorf("write template: %w", err), "")
	}
	d.template = filepath.Join(filepath.Dir(d.out), stemOf(d.sheet)+".template.json")
	d.files = append(d.files, newFile{d.template, append(data, '\n')})
	return d.parse(d.template, data)
}

// savedTemplate is the operation whose templates are saved at the service.
func savedTemplate() string {
	for _, s := range all.Services() {
		for _, o := range s.Operations {
			if o.Template == providers.SavedTemplate {
				return o.Name
			}
		}
	}
	return ""
}

func (d *draft) findService() error {
	name, _, _ := strings.Cut(d.parsed.Operation, "/")
	for _, s := range d.services {
		if s.Name == name && s.Offers(d.parsed.Operation) {
			d.service = s
			return nil
		}
	}
	return fail(exitUsage, fmt.Errorf("no service offers the operation %q", d.parsed.Operation), "use one of: "+strings.Join(providers.Operations(d.services), ", "))
}

// whereSheetsAre is the hint for a sheet that is not there.
func whereSheetsAre(sheet string) string {
	if strings.Contains(sheet, "://") {
		return "init looks at a file: download the sheet once, and write its address into the campaign afterwards, as rows: file"
	}
	return "check the name and the folder"
}

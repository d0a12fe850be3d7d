package reelmerge

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/form"
)

// readTemplate reads the template, or makes it.
func (d *Draft) readTemplate(ctx context.Context) error {
	var data []byte
	switch {
	case d.options.Starter != "":
		found, err := d.copied(ctx)
		if err != nil {
			return err
		}
		data = found.Template
		d.Template = d.beside(strings.ReplaceAll(d.options.Starter, "/", "-") + ".template.json")
		d.files = append(d.files, newFile{d.Template, data})
		return d.parse(d.Template, data)
	case d.Template != "":
		var err error
		if data, err = atomicfile.Read(d.Template, mostTemplate); err != nil {
			return fail(Usage, fmt.Errorf("read template %q: %w", d.Template, wording.WithoutPath(err)), "give a Studio export or a template file")
		}
	}
	if d.options.Saved != "" {
		return d.savedTemplate(data)
	}
	return d.parse(d.Template, data)
}

// starter finds a starter template by its name, or by that of its operation.
func starter(name string, services []providers.Service) (Starter, error) {
	var names []string
	for _, s := range Starters(services) {
		if s.Name == schema.NameOf(name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Starter{}, fail(Usage, fmt.Errorf("find starter template %q: there is none of that name; there are %s", name, strings.Join(names, ", ")),
		wording.NearestOr(name, names, "reelmerge init --help lists them"))
}

// copied is the starter template; for a template that is saved at the service, one with
// the variables for which the service is asked once.
func (d *Draft) copied(ctx context.Context) (Starter, error) {
	found, err := starter(d.options.Starter, d.services)
	if err != nil || d.options.Saved == "" {
		return found, err
	}
	if d.discovered == nil {
		d.discovered, err = Discover(ctx, SavedTemplate{Starter: d.options.Starter, ID: d.options.Saved, File: d.options.Service}, d.with)
	}
	found.Template = d.discovered
	return found, err
}

func (d *Draft) parse(name string, data []byte) error {
	parsed, found := templates.Parse(name, data, Operations(d.services))
	if parsed == nil || found.HasErrors() {
		return refused(found)
	}
	program, more := parsed.Compile()
	if more.HasErrors() {
		return refused(append(found, more...))
	}
	d.parsed = parsed
	d.program = program
	return nil
}

// jobTemplate is the template of a job that is saved at the service.
type jobTemplate struct {
	Operation string                 `json:"operation"`
	Request   map[string]string      `json:"request"`
	Variables map[string]jobVariable `json:"variables,omitempty"`
	Creative  json.RawMessage        `json:"videoCreative,omitempty"`
	Duration  *jobDuration           `json:"duration,omitempty"`
}

type jobVariable struct {
	Type      string `json:"type"`
	MinLength int    `json:"minLength"`
	Example   string `json:"example,omitempty"`
	Spoken    bool   `json:"spoken"`
}

type jobDuration struct {
	Base json.Number `json:"base_seconds"`
}

// savedTemplate writes the template of a job that is saved in Colossyan. With its export
// the variables and the length are known. Without it every column counts as a variable.
func (d *Draft) savedTemplate(export []byte) error {
	doc := jobTemplate{Operation: savedOperation(d.with.Services), Request: map[string]string{"templateJobId": d.options.Saved}}
	if export != nil {
		if err := d.parse(d.Template, export); err != nil {
			return err
		}
		if d.parsed.Creative == nil {
			return fail(Usage, fmt.Errorf("%q has no videoCreative", d.Template), "with --template-job, give what Studio exports for the saved template, or nothing")
		}
		doc.Creative = d.parsed.Creative
	} else {
		doc.Variables = d.columnVariables()
		d.seconds = d.ask(DraftQuestion{About: DraftSeconds, Text: "How many seconds is one video? (empty: not known)", Wrong: positive})
		if d.seconds != "" {
			doc.Duration = &jobDuration{json.Number(d.seconds)}
		}
	}
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fail(Usage, fmt.Errorf("write template: %w", err), "")
	}
	base := filepath.Base(d.Sheet)
	d.Template = d.beside(strings.TrimSuffix(base, filepath.Ext(base)) + ".template.json")
	d.files = append(d.files, newFile{d.Template, append(data, '\n')})
	return d.parse(d.Template, data)
}

// savedOperation is the operation whose templates are saved at the service.
func savedOperation(services []providers.Service) string {
	for _, s := range services {
		for _, o := range s.Operations {
			if o.Template == providers.SavedTemplate {
				return o.Name
			}
		}
	}
	return ""
}

// columnVariables takes every column except the key for a variable, since Colossyan does
// not tell which ones the saved template has.
func (d *Draft) columnVariables() map[string]jobVariable {
	variables := map[string]jobVariable{}
	d.named = map[string]string{}
	for _, c := range d.survey.Columns {
		name := form.Variable(c.Name)
		if _, taken := variables[name]; c.Name == d.Key || name == "" || taken {
			continue
		}
		variables[name] = jobVariable{Type: "string", MinLength: 1, Example: c.Example, Spoken: true}
		d.named[name] = c.Name
	}
	d.leave(campaign.OpenPoint{
		What: "the template's variables are the columns of the sheet, because Colossyan does not say which the saved template has",
		Cure: "delete from the template file those that it does not have",
	})
	return variables
}

// positive says what is wrong with an answer that should be a number above zero.
func positive(text string) string {
	if n, err := credit.Parse(text); err != nil || n <= 0 {
		return "write a number above zero, with a point: 42.5"
	}
	return ""
}

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/form"
)

// stemOf is a file's name without its folder and extension.
func stemOf(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// newFile is a file that init is about to write.
type newFile struct {
	path string
	data []byte
}

// jobTemplate is the template of a job saved in Colossyan.
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

func duration(seconds string) *jobDuration {
	if seconds == "" {
		return nil
	}
	return &jobDuration{json.Number(seconds)}
}

// columnVariables takes every column except the key for a variable, since Colossyan does
// not tell which ones the saved template has.
func (d *draft) columnVariables() map[string]jobVariable {
	variables := map[string]jobVariable{}
	d.named = map[string]string{}
	for _, c := range d.survey.Columns {
		name := identifier(c.Name)
		if _, taken := variables[name]; c.Name == d.key || name == "" || taken {
			continue
		}
		variables[name] = jobVariable{Type: "string", MinLength: 1, Example: c.Example, Spoken: true}
		d.named[name] = c.Name
	}
	d.open = append(d.open, campaign.OpenPoint{
		What: "the template's variables are the columns of the sheet, because Colossyan does not say which the saved template has",
		Cure: "delete from the template file those that it does not have",
	})
	return variables
}

var notIdentifier = regexp.MustCompile(`[^A-Za-z0-9]+`)

// identifier makes a variable's name from a column's: First Name becomes first_name,
// Prénom prenom.
func identifier(column string) string {
	name := strings.Trim(notIdentifier.ReplaceAllString(form.Fold(column), "_"), "_")
	if name != "" && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// exampleSheet is a sheet of one row with the starter template's examples, and
// the files that they name.
func (d *draft) exampleSheet(ctx context.Context) error {
	copied, err := d.copied(ctx)
	if err != nil {
		return err
	}
	t, _ := templates.Parse(d.starter, copied.Template, reelmerge.Operations(d.services))
	header, row := []string{"id"}, []string{"C0001"}
	for i, example := range t.Examples() {
		header, row = append(header, t.Variables[i].Name), append(row, example)
		if file, ok := copied.Example(example); ok {
			d.files = append(d.files, newFile{filepath.Join(filepath.Dir(d.out), example), file})
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll([][]string{header, row}); err != nil {
		return fail(exitBug, fmt.Errorf("write example sheet: %w", err), "")
	}
	d.sheet = filepath.Join(filepath.Dir(d.out), "customers.csv")
	d.files = append(d.files, newFile{d.sheet, b.Bytes()})
	return nil
}

// addCampaign writes the campaign file, with open points as comments where they
// are to be decided.
func (d *draft) addCampaign() error {
	c := campaign.Draft{
		Path: d.out, Next: wording.Shown("reelmerge", "check", d.out), Sheet: d.sheet, HeaderRow: d.header, Key: d.key, Template: d.template,
		Service: d.file, Token: campaign.DefaultTokenVariable(d.service.Name), WhereToken: d.service.TokenHint,
		BaseURL: d.baseURL, Prices: d.prices, Open: d.open,
	}
	for _, m := range d.mapped {
		if m.Column != "" {
			c.Variables = append(c.Variables, [2]string{m.Variable, m.Column})
		}
	}
	text := c.Text()
	if _, problems := campaign.Parse(d.out, text, nil); len(problems) > 0 {
		return d.app.refuse(problems)
	}
	d.files = append(d.files, newFile{d.out, text})
	return nil
}

// write writes all files or, when one of them is there already, none. The sheet
// and the template that were given are never written over.
func (d *draft) write() error {
	for _, f := range d.files {
		for _, given := range d.given {
			if atomicfile.Same(f.path, given) {
				return fail(exitUsage, fmt.Errorf("%q is what was given; it is not written over", f.path), "choose another file with --out")
			}
		}
		if _, err := os.Lstat(f.path); !d.force && !errors.Is(err, fs.ErrNotExist) {
			return fail(exitUsage, fmt.Errorf("%q is there already; nothing was written", f.path), "choose another file with --out, or write over it with --force")
		}
		if atomicfile.IsThere(f.path) && !mayForce(f.path) {
			return fail(exitUsage, fmt.Errorf("%q is a link, a folder or a file of a ledger; it is not written over", f.path), "choose another file with --out")
		}
	}
	for _, f := range d.files {
		if err := atomicfile.WriteShared(f.path, f.data, d.force); err != nil {
			return fail(exitUsage, fmt.Errorf("write %q: %w", f.path, wording.WithoutPath(err)), "choose a file in a folder that you may write, with --out")
		}
	}
	return nil
}

// mayForce reports whether --force may overwrite a file: not a file of a ledger, and not
// a link.
func mayForce(path string) bool { return !reelmerge.IsLedgerFile(path) && atomicfile.IsOrdinary(path) }

// initJSON is the document of `init --json`.
type initJSON struct {
	Campaign  string               `json:"campaign"`
	Template  string               `json:"template"`
	Sheet     string               `json:"sheet"`
	Rows      int                  `json:"rows"`
	Key       string               `json:"key"`
	Variables []mapped             `json:"variables"`
	Undecided []campaign.OpenPoint `json:"undecided"`
	Written   []string             `json:"written"`
}

func (d *draft) tell() error {
	doc := initJSON{
		Campaign: d.out, Template: d.template, Sheet: d.sheet, Rows: d.survey.Rows, Key: d.key,
		Variables: append([]mapped{}, d.mapped...), Undecided: append([]campaign.OpenPoint{}, d.open...), Written: []string{},
	}
	for _, f := range d.files {
		doc.Written = append(doc.Written, f.path)
	}
	if d.app.json {
		return d.app.printJSON(doc)
	}
	d.app.tellDraft(doc)
	return nil
}

func (a *app) tellDraft(doc initJSON) {
	rows := [][]string{{"VARIABLE", "COLUMN", "EXAMPLE"}}
	for _, m := range doc.Variables {
		column := cmp.Or(m.Column, "-")
		if m.Column == "" && m.fallback {
			column = "- (has a default)"
		}
		rows = append(rows, []string{m.Variable, column, m.Example})
	}
	_ = report.Columns(a.out, rows) // it was written to a person
	fmt.Fprintf(a.out, "key: %s\n", wording.Clean(cmp.Or(doc.Key, "none")))
	for _, path := range doc.Written {
		fmt.Fprintf(a.out, "wrote %s\n", wording.Clean(path))
	}
	for _, point := range doc.Undecided {
		fmt.Fprintf(a.out, "undecided: %s; %s\n", wording.Clean(point.What), wording.Clean(point.Cure))
	}
	a.say("next: %s", wording.Shown("reelmerge", "check", doc.Campaign))
}

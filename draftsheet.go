package reelmerge

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// readSheet surveys the sheet, or the example that is written in its place.
func (d *Draft) readSheet(ctx context.Context) error {
	if d.Sheet == "" {
		if err := d.exampleSheet(ctx); err != nil {
			return err
		}
	}
	for _, f := range d.files {
		if f.path == d.Sheet {
			return d.surveySheet(sources.OpenReader(d.Sheet, bytes.NewReader(f.data), sources.Options{}))
		}
	}
	return d.surveySheet(sources.Open(d.Sheet, sources.Options{Missing: d.missing()}))
}

// missing counts the variables without a column of their name, if the template can be
// read already. The reader of sheets tells the header from a title by it.
func (d *Draft) missing() func([]string) (needed, optional int) {
	data, err := atomicfile.Read(d.Template, mostTemplate)
	if err != nil {
		return nil // it is made later, or refused with its reason
	}
	parsed, _ := templates.Parse(d.Template, data, Operations(d.services))
	if parsed == nil || len(parsed.Variables) == 0 {
		return nil
	}
	return func(columns []string) (needed, optional int) {
		_, problems := templates.NewBinder(columns, parsed.Variables, templates.Mapping{Locale: "en"})
		return problems.Count()
	}
}

func (d *Draft) surveySheet(rows sources.Reader, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fail(Usage, fmt.Errorf("read sheet %q: there is no such file", d.Sheet), wording.NearestOr(filepath.Base(d.Sheet), sheetsBeside(d.Sheet), whereSheetsAre(d.Sheet)))
	}
	if err != nil {
		return refuseSheet(err)
	}
	defer rows.Close()
	d.header = rows.Header().Row
	if d.survey, err = sources.NewSurvey(rows); err != nil {
		return refuseSheet(err)
	}
	if d.Rows = d.survey.Rows; d.Rows == 0 {
		return fail(Usage, fmt.Errorf("%q has no rows", d.Sheet), "the first row holds the names of the columns, each further row one customer")
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

// whereSheetsAre is the hint for a sheet that is not there.
func whereSheetsAre(sheet string) string {
	if strings.Contains(sheet, "://") {
		return "init looks at a file: download the sheet once, and write its address into the campaign afterwards, as rows: file"
	}
	return "check the name and the folder"
}

// exampleSheet is a sheet of one row with the starter template's examples, and
// the files that they name.
func (d *Draft) exampleSheet(ctx context.Context) error {
	copied, err := d.copied(ctx)
	if err != nil {
		return err
	}
	t, _ := templates.Parse(d.options.Starter, copied.Template, Operations(d.services))
	header, row := []string{"id"}, []string{"C0001"}
	for i, example := range t.Examples() {
		header, row = append(header, t.Variables[i].Name), append(row, example)
		if file, ok := copied.Example(example); ok {
			d.files = append(d.files, newFile{d.beside(example), file})
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll([][]string{header, row}); err != nil {
		return fail(Bug, fmt.Errorf("write example sheet: %w", err), "")
	}
	d.Sheet = d.beside("customers.csv")
	d.files = append(d.files, newFile{d.Sheet, b.Bytes()})
	return nil
}

// names are the columns of the sheet.
func (d *Draft) names() (names []string) {
	for _, c := range d.survey.Columns {
		names = append(names, c.Name)
	}
	return names
}

// chooseKey takes the column that was named, or has a person choose. Where there is none
// to ask, it takes the best one.
func (d *Draft) chooseKey(context.Context) error {
	columns := d.names()
	switch {
	case d.Key == "" && d.options.Ask != nil:
		d.Key = d.askKey()
	case d.Key == "":
		d.Key = d.survey.Key()
	case !slices.Contains(columns, d.Key):
		return fail(Usage, fmt.Errorf("the sheet has no column %q", d.Key), wording.NearestOr(d.Key, columns, "its columns are: "+strings.Join(columns, ", ")))
	}
	if d.Key == "" {
		d.leaveKey(columns)
	}
	return nil
}

// askKey asks for the column that decides whether a customer is paid for twice.
func (d *Draft) askKey() string {
	keys := d.survey.Keys()
	if len(keys) == 0 {
		return ""
	}
	q := DraftQuestion{About: DraftKey, Proposal: d.survey.Key(), Text: "Its number or its name (empty: none of them):"}
	q.List = append(q.List, "Which column is the id of a customer? By it, later runs know what is paid for.")
	for i, c := range keys {
		text := fmt.Sprintf("  %d) %s, for example %s", i+1, c.Name, c.Example)
		if trouble := c.Trouble(); trouble != "" {
			text += "; " + trouble
		}
		q.List = append(q.List, text)
	}
	if q.Proposal != "" {
		q.Text = fmt.Sprintf("Its number or its name [%s]:", q.Proposal)
	}
	q.Wrong = func(text string) string {
		if d.keyNamed(text, keys) == "" {
			return fmt.Sprintf("there is no column %q", text)
		}
		return ""
	}
	return d.keyNamed(d.ask(q), keys)
}

// keyNamed is the column that an answer means, by its number in the list or by its name.
func (d *Draft) keyNamed(answer string, keys []*sources.Surveyed) string {
	if n, err := strconv.Atoi(answer); err == nil {
		if n > 0 && n <= len(keys) {
			return keys[n-1].Name
		}
		return ""
	}
	return chosen(answer, d.names())
}

// leaveKey says why no column is the key, and which one nearly is.
func (d *Draft) leaveKey(columns []string) {
	if i := slices.IndexFunc(columns, sources.ValueLike); i >= 0 {
		d.leave(campaign.OpenPoint{
			What: fmt.Sprintf("the first row says %q where the name of a column belongs", columns[i]),
			Cure: "if the sheet has no header, put a row with the names of the columns above it",
		})
	}
	what, name := "no column is an id that every row has and no two rows share", "COLUMN"
	if keys := d.survey.Keys(); len(keys) > 0 {
		name = keys[0].Name
		what += fmt.Sprintf("; %q nearly is one (%s)", name, keys[0].Trouble())
	}
	d.leave(campaign.OpenPoint{
		What: what, Section: "rows", Lines: []string{"key: " + campaign.Text(name)},
		Cure: "name one that is; without a key a row whose values change counts as another row and is bought again",
	})
}

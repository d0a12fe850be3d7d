package reelmerge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// Correction is what a cell says instead of what the sheet has. Corrections are kept beside
// the campaign, and the sheet is never written. Every operation applies them right after a
// row is read.
type Correction struct {
	Key    string // of the row, as the sheet has it
	Column string
	Old    string // what the sheet has; where it has something else, the row is refused
	New    string
	At     string // the time, RFC 3339
	By     string

	line int // of the file
}

// correctionColumns are the columns of the file.
func correctionColumns() []string { return []string{"key", "column", "old", "new", "at", "by"} }

// mostCorrections bounds the file of corrections in bytes.
const mostCorrections = 64 << 20

// CorrectionsFile is the file with the corrections of the campaign: NAME.corrections.csv
// beside it. It is empty for a campaign that has no file.
func (c *Campaign) CorrectionsFile() string {
	path := c.file.Path
	if path == "" {
		return ""
	}
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".corrections.csv"
}

// Corrections reads the corrections of the campaign, in the order of the file.
func (c *Campaign) Corrections() ([]Correction, error) {
	path := c.CorrectionsFile()
	if path == "" {
		return nil, nil
	}
	data, err := atomicfile.Read(path, mostCorrections)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Correction
	if err == nil {
		list, err = parseCorrections(data)
	}
	if err != nil {
		return nil, refused(problem.List{{
			Severity: problem.Error, Code: "CMP-CORRECTIONS", Place: problem.Place{File: path}, Message: fmt.Sprintf("the corrections cannot be read: %v", wording.WithoutPath(err)),
			Hint: "its columns are " + strings.Join(correctionColumns(), ", ") + "; mend the file, or move it elsewhere",
		}})
	}
	return list, nil
}

func parseCorrections(data []byte) (list []Correction, _ error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	in.FieldsPerRecord = len(correctionColumns())
	header, err := in.Read()
	if err == nil && !slices.Equal(header, correctionColumns()) {
		err = errors.New("the first line does not name its columns")
	}
	if err != nil {
		return nil, err
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range record {
			record[i] = sources.Restore(record[i])
		}
		line, _ := in.FieldPos(0)
		list = append(list, Correction{record[0], record[1], record[2], record[3], record[4], record[5], line})
	}
}

// writeCorrections replaces the file as a whole.
func (c *Campaign) writeCorrections(list []Correction) error {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write(correctionColumns()) // a buffer takes everything
	for _, x := range list {
		record := []string{x.Key, x.Column, x.Old, x.New, x.At, x.By}
		for i := range record {
			record[i] = sources.Neutralize(record[i])
		}
		_ = out.Write(record)
	}
	out.Flush()
	if err := atomicfile.WriteFile(c.CorrectionsFile(), b.Bytes()); err != nil {
		return fail(Usage, fmt.Errorf("write corrections: %w", err), "nothing was changed; see whether the folder of the campaign can be written, and has room")
	}
	return nil
}

// correctedRows applies corrections to rows while they are read, in the order of the sheet.
type correctedRows struct {
	sources.Reader
	file    string
	byKey   map[string][]Correction
	columns map[string]int
	keyOf   func(sources.Row) string
	met     map[string]int
	whole   bool // the sheet was read to its end
}

// correct has corrections applied to rows. Without any the reader is returned as it is.
func (c *Campaign) correct(rows sources.Reader, keys *rowKeys) (sources.Reader, error) {
	list, err := c.Corrections()
	if err != nil || len(list) == 0 {
		c.corrected = nil
		return rows, err
	}
	r := &correctedRows{Reader: rows, file: c.CorrectionsFile(), byKey: map[string][]Correction{}, columns: map[string]int{}, met: map[string]int{}, keyOf: keys.of}
	for i, name := range columnNames(rows) {
		r.columns[name] = i
	}
	for _, x := range list {
		if x.Column == c.file.Rows.Key {
			delete(r.columns, x.Column) // a row with another key would be another row
		}
		r.byKey[x.Key] = append(r.byKey[x.Key], x)
	}
	c.corrected = r
	return r, nil
}

// Next implements [sources.Reader].
func (r *correctedRows) Next() (sources.Row, error) {
	row, err := r.Reader.Next()
	if err != nil {
		r.whole = r.whole || errors.Is(err, io.EOF)
		return row, err
	}
	key := r.keyOf(row)
	list := r.byKey[key]
	if len(list) == 0 {
		return row, nil
	}
	r.met[key]++
	row.Sheet = row.Cells
	row.Cells = slices.Clone(row.Cells)
	row.Faults = slices.Clone(row.Faults)
	for _, x := range list {
		r.apply(&row, x)
	}
	return row, nil
}

// apply changes one cell, or says why it cannot be changed.
func (r *correctedRows) apply(row *sources.Row, x Correction) {
	column, there := r.columns[x.Column]
	why := ""
	switch {
	case !there:
		column = -1
		why = fmt.Sprintf("a correction is for the column %q, which the sheet does not have, or which names the rows", x.Column)
	case r.met[x.Key] > 1:
		why = fmt.Sprintf("a correction is for the key %q, which stands twice in the sheet", x.Key)
	case row.Sheet[column] != x.Old:
		why = fmt.Sprintf("a correction was made where the cell said %q, and it says something else now", wording.Shorten(x.Old))
	default:
		// What was wrong with the cell of the sheet is not true of the new text.
		row.Faults = slices.DeleteFunc(row.Faults, func(f sources.Fault) bool { return f.Column == column && f.Code != engine.StaleCorrection })
		row.Cells[column] = x.New
		return
	}
	fault := sources.Fault{Column: column, Severity: problem.Error, Code: engine.StaleCorrection, Message: why, Hint: fmt.Sprintf("take line %d out of %s, or mend the cell anew", x.line, filepath.Base(r.file))}
	if column >= 0 {
		fault.Value = row.Sheet[column]
	}
	row.Faults = append(row.Faults, fault)
}

// names are the columns of the sheet.
func (r *correctedRows) names() []string { return columnNames(r.Reader) }

// gone are warnings about corrections of rows that the sheet does not have any more.
func (r *correctedRows) gone() (list problem.List) {
	if r == nil || !r.whole {
		return nil
	}
	for key, of := range r.byKey {
		if r.met[key] > 0 {
			continue
		}
		for _, x := range of {
			list = append(list, problem.Problem{
				Severity: problem.Warning, Code: engine.StaleCorrection, Place: problem.Place{File: r.file, Line: x.line}, Value: key,
				Message: fmt.Sprintf("the sheet has no row with the key %q, for which there is a correction", wording.Shorten(key)), Hint: "take the line out of the file",
			})
		}
	}
	list.Sort()
	return list
}

// rowKeys say the keys of rows, as the sheet has them, in its order.
type rowKeys struct {
	column    int // -1: values name the rows
	binder    *templates.Binder
	variables int
	repeats   map[string]int
}

func (c *Campaign) rowKeys(columns []string, binder *templates.Binder) *rowKeys {
	key := sources.ColumnName(c.file.Rows.Key)
	return &rowKeys{column: slices.IndexFunc(columns, func(name string) bool { return key != "" && name == key }), binder: binder, variables: len(c.template.Variables), repeats: map[string]int{}}
}

func (k *rowKeys) of(row sources.Row) string {
	if k.column >= 0 {
		return row.Cells[k.column]
	}
	hash := engine.HashOf(k.binder, k.variables, row.Cells)
	k.repeats[hash]++
	return engine.Occurrence(hash, k.repeats[hash])
}

// Cell is a cell of a row, with its correction.
type Cell struct {
	Column string
	Sheet  string // as the sheet has it
	Value  string // with its correction
	IsKey  bool   // it names the row, and cannot be corrected
}

// RowCells are the cells of a row, and its key as the sheet has it.
type RowCells struct {
	Key   string
	Cells []Cell
}

// Cells are the cells of the rows with these numbers. A row that the sheet does not have is
// left out.
func (c *Campaign) Cells(ctx context.Context, numbers ...int) (map[int]RowCells, error) {
	found := map[int]RowCells{}
	planner, err := c.open()
	if err != nil {
		return nil, err
	}
	defer planner.Rows.Close()
	names := columnNames(planner.Rows)
	keys := c.rowKeys(names, planner.Binder)
	for last := slices.Max(append(numbers, 0)); ctx.Err() == nil; {
		row, err := planner.Rows.Next()
		switch {
		case errors.Is(err, io.EOF), err == nil && row.Number > last:
			return found, nil
		case err != nil:
			return nil, refuseSheet(err)
		}
		own := row
		if row.Sheet != nil {
			own.Cells = row.Sheet
		}
		key := keys.of(own)
		if !slices.Contains(numbers, row.Number) {
			continue
		}
		of := RowCells{Key: key}
		for i, name := range names {
			of.Cells = append(of.Cells, Cell{name, own.Cells[i], row.Cells[i], i == keys.column})
		}
		found[row.Number] = of
	}
	return nil, stopped(ctx)
}

// In returns the cell of a column.
func (r RowCells) In(column string) (Cell, bool) {
	at := slices.IndexFunc(r.Cells, func(cell Cell) bool { return cell.Column == column })
	if at < 0 {
		return Cell{}, false
	}
	return r.Cells[at], true
}

// CorrectOptions say which cell is corrected.
type CorrectOptions struct {
	Row    int
	Column string
	Was    string // what a person saw in the cell; where it says something else now, nothing is changed
	New    string
	By     string
}

// Correct records that a cell says something else than in the sheet. The text of the sheet
// itself takes the correction back. The caller sees to it that one is made at a time.
func (c *Campaign) Correct(ctx context.Context, o CorrectOptions) error {
	if c.CorrectionsFile() == "" {
		return fail(Usage, errors.New("a sheet without a campaign file has no place for corrections"), "mend the cell in the sheet, or save the campaign first")
	}
	rows, err := c.Cells(ctx, o.Row)
	if err != nil {
		return err
	}
	row, there := rows[o.Row]
	cell, known := row.In(o.Column)
	switch {
	case !there:
		return fail(Usage, fmt.Errorf("the sheet has no row %d", o.Row), "look at the rows again")
	case !known:
		return fail(Usage, fmt.Errorf("the sheet has no column %q", o.Column), "look at the row again")
	case cell.IsKey:
		return fail(Usage, fmt.Errorf("%q names the rows, and cannot be corrected", o.Column), "mend it in the sheet; a row with another key is another row")
	case row.Key == "":
		return fail(Usage, errors.New("the row has no key, by which its correction could be known"), "give it one in the sheet")
	case !sameText(cell.Value, o.Was):
		return fail(Undecided, fmt.Errorf("the cell says %q by now", wording.Shorten(cell.Value)), "nothing was changed; look at it again")
	}
	list, err := c.Corrections()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x Correction) bool { return x.Key == row.Key && x.Column == o.Column })
	if o.New != cell.Sheet {
		list = append(list, Correction{Key: row.Key, Column: o.Column, Old: cell.Sheet, New: o.New, At: time.Now().UTC().Format(time.RFC3339), By: o.By})
	}
	return c.writeCorrections(list)
}

// sameText compares texts as forms of a browser send them, with their own ends of lines.
func sameText(a, b string) bool {
	plain := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	return plain.Replace(a) == plain.Replace(b)
}

// correctedText says what corrections changed in a row: "name: Anne → Anna".
func correctedText(columns, sheet, cells []string) string {
	var parts []string
	for i := range min(len(sheet), len(cells), len(columns)) {
		if sheet[i] != cells[i] {
			parts = append(parts, columns[i]+": "+cmp.Or(sheet[i], "(empty)")+" → "+cmp.Or(cells[i], "(empty)"))
		}
	}
	return strings.Join(parts, "; ")
}

// forgetCorrections takes the corrections of rows out of the file: they are as personal as
// the rows.
func (c *Campaign) forgetCorrections(of func(key string) bool) error {
	list, err := c.Corrections()
	if err != nil || !slices.ContainsFunc(list, func(x Correction) bool { return of(x.Key) }) {
		return err
	}
	return c.writeCorrections(slices.DeleteFunc(list, func(x Correction) bool { return of(x.Key) }))
}

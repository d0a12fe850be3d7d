package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// sheetRead says which copy of its sheet a plan has read, and what is different from the one
// before; nil for a sheet that is a file.
func (c *Campaign) sheetRead(ctx context.Context, stay bool) (*report.Sheet, error) {
	there := c.copiesThere()
	if len(there) == 0 {
		return nil, nil
	}
	read := &report.Sheet{Address: c.file.Rows.Shown(), Copy: c.file.Rows.File, Fetched: there[0].Fetched, Asked: there[0].Asked, Pinned: stay}
	if len(there) == 1 {
		return read, nil
	}
	d := &sheetDifference{campaign: c, seed: maphash.MakeSeed(), before: map[uint64]rowsOfKey{}}
	since, err := d.between(ctx, c.copies().Path(there[1]), c.file.Rows.File)
	if err != nil {
		return nil, err
	}
	if since != nil {
		since.Fetched = there[1].Fetched
		read.Since = since
	}
	return read, nil
}

// sheetDifference compares two copies of a sheet, row by row, by their keys. It keeps hashes and
// no rows, since a sheet may have a million.
type sheetDifference struct {
	campaign *Campaign
	seed     maphash.Seed
	before   map[uint64]rowsOfKey // of the earlier copy, by the hash of the key
	left     int                  // rows of it that the later one has not shown
	columns  map[string]bool      // that both have
	found    report.SheetChanges
}

// rowsOfKey are the rows of one key, which are more than one only by mistake.
type rowsOfKey struct {
	rows    int
	content uint64 // the sum of their hashes
}

// between says what a later copy has that an earlier one had not, and the other way round;
// nil where one of them can no longer be read as the campaign reads its sheet.
func (d *sheetDifference) between(ctx context.Context, earlier, later string) (*report.SheetChanges, error) {
	was, is := d.columnsOf(earlier), d.columnsOf(later)
	if was == nil || is == nil {
		return nil, nil
	}
	d.columns = map[string]bool{}
	for _, name := range is {
		if d.columns[name] = slices.Contains(was, name); !d.columns[name] {
			d.found.ColumnsAdded = append(d.found.ColumnsAdded, name)
		}
	}
	for _, name := range was {
		if !slices.Contains(is, name) {
			d.found.ColumnsRemoved = append(d.found.ColumnsRemoved, name)
		}
	}
	err := d.each(ctx, earlier, d.remember)
	if err == nil {
		err = d.each(ctx, later, d.compare)
	}
	if err == nil && d.left > 0 { // the names of rows were not kept
		err = d.each(ctx, earlier, d.miss)
	}
	if err != nil {
		return nil, err
	}
	return &d.found, nil
}

func (d *sheetDifference) columnsOf(path string) []string {
	rows, err := sources.Open(path, d.campaign.sheetOptions())
	if err != nil {
		return nil
	}
	defer rows.Close()
	return columnNames(rows)
}

// each goes through the rows of a copy.
func (d *sheetDifference) each(ctx context.Context, path string, take func(key, content uint64, name string)) error {
	rows, err := sources.Open(path, d.campaign.sheetOptions())
	if err != nil {
		return refuseSheet(err)
	}
	defer rows.Close()
	names := columnNames(rows)
	key := slices.Index(names, sources.ColumnName(d.campaign.file.Rows.Key))
	for {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return refuseSheet(err)
		case ctx.Err() != nil:
			return stopped(ctx)
		}
		content := d.hash(names, row.Cells)
		if key < 0 {
			take(content, content, fmt.Sprint("row ", row.Number))
		} else {
			take(maphash.String(d.seed, row.Cells[key]), content, row.Cells[key])
		}
	}
}

// hash is that of the cells of the columns which both copies have, in whatever order.
func (d *sheetDifference) hash(names []string, cells []string) (sum uint64) {
	for i, name := range names {
		if d.columns[name] && i < len(cells) {
			sum += maphash.String(d.seed, name+"\x00"+cells[i])
		}
	}
	return sum
}

func (d *sheetDifference) remember(key, content uint64, _ string) {
	r := d.before[key]
	d.before[key] = rowsOfKey{r.rows + 1, r.content + content}
	d.left++
}

func (d *sheetDifference) compare(key, content uint64, name string) {
	r := d.before[key]
	if r.rows == 0 {
		d.found.Added.Take(name)
		return
	}
	d.left--
	r.rows--
	r.content -= content
	d.before[key] = r
	if r.rows == 0 && r.content != 0 {
		d.found.Changed.Take(name)
	}
}

// miss counts the rows of the earlier copy that nothing was left to compare with.
func (d *sheetDifference) miss(key, _ uint64, name string) {
	if r := d.before[key]; r.rows > 0 {
		d.before[key] = rowsOfKey{rows: r.rows - 1}
		d.found.Removed.Take(name)
	}
}

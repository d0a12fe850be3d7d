package sources

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// delimiters are the candidates of the search.
const delimiters = ",;\t|"

// sniffRecords is how many records the search for the delimiter reads. More would make
// opening slow, and rarely change the result.
const sniffRecords = 200

// dialect is how a text is cut into cells.
type dialect struct {
	comma   byte
	skip    int // bytes of a leading "sep=;" line, which is no row of the sheet
	crOnly  bool
	missing func(columns []string) (needed, optional int) // see [Options.Missing]
}

// sniff finds the dialect of a text from its head. A setting of the campaign wins over the
// file's own "sep=;" line, and that wins over counting.
func sniff(sample, name string, o Options) (dialect, error) {
	d := dialect{missing: o.Missing, crOnly: !strings.Contains(sample, "\n") && strings.Contains(sample, "\r")}
	declared, skip := separatorLine(sample)
	d.skip = skip
	var err error
	switch {
	case o.Delimiter != "":
		d.comma, err = delimiterNamed(o.Delimiter)
	case declared != 0:
		d.comma = declared
	default:
		d.comma, err = d.vote(sample, name, max(o.HeaderRow, 1))
	}
	return d, err
}

// separatorLine reads the line "sep=;" that Excel understands at the top.
func separatorLine(sample string) (comma byte, skip int) {
	line := sample
	if i := strings.IndexAny(sample, "\r\n"); i >= 0 {
		line = sample[:i]
	}
	bare := strings.Trim(line, `"`)
	if len(bare) != 5 || !strings.EqualFold(bare[:4], "sep=") {
		return 0, 0
	}
	skip = len(line)
	if strings.HasPrefix(sample[skip:], "\r\n") {
		skip++
	}
	return bare[4], min(skip+1, len(sample))
}

// delimiterNamed returns the delimiter that the campaign names.
func delimiterNamed(s string) (byte, error) {
	switch strings.ToLower(s) {
	case "tab", `\t`:
		return '\t', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "pipe":
		return '|', nil
	case "space":
		return ' ', nil
	}
	if len(s) != 1 || s[0] >= 0x80 || strings.ContainsAny(s, "\"\r\n\x00") {
		return 0, &FileError{Code: "ROW-DELIMITER", Message: fmt.Sprintf("delimiter %q is not one character", s),
			Hint: `usual ones are "," ";" "|" and "tab"`}
	}
	return s[0], nil
}

// ballot counts how well one delimiter cuts the sample into rows of equal width.
type ballot struct {
	comma     byte
	rows      int  // rows looked at
	agree     int  // rows with as many cells as the header
	width     int  // cells of the header
	prose     bool // one of them begins with a space: "Street, city"
	mode      int  // the most frequent number of cells
	modeCount int
	suited    int // cells of the first row that has all the names that are wanted
}

// vote picks the delimiter under which most rows have as many cells as the header. It
// refuses when two do equally well: a wrong guess would move values into other columns.
func (d dialect) vote(sample, name string, headerRow int) (byte, error) {
	var best, second ballot
	for _, comma := range []byte(delimiters) {
		b := d.count(sample, comma, headerRow)
		// A .tsv file names its delimiter. Commas in its cells must not outvote it.
		if comma == '\t' && b.width > 1 && strings.HasSuffix(strings.ToLower(name), ".tsv") {
			return comma, nil
		}
		// Keep the two best. The runner-up decides below whether the winner is safe.
		switch {
		case b.width < 2:
		case best.comma == 0 || b.better(best):
			best, second = b, best
		case second.comma == 0 || b.better(second):
			second = b
		}
	}
	below, titled := d.voteBelowTitle(sample)
	// A title line has few delimiters, and its width is no measure of the table below it.
	switch {
	case best.comma == 0, titled && best.suited < 2 && 2*best.agree < best.rows:
		return below, nil
	case second.comma != 0 && !best.better(second):
		return 0, &FileError{Code: "ROW-DELIMITER", Row: headerRow,
			Message: fmt.Sprintf("the cells may be separated by %q or by %q: both fit every row equally well", best.comma, second.comma),
			Hint:    "set rows.delimiter to the right one"}
	}
	return best.comma, nil
}

// better reports whether more rows agree with the header than under another delimiter. In a
// tie a delimiter wins over one that looks like punctuation.
func (b ballot) better(than ballot) bool {
	// Cross-multiplied shares: the two may have read different numbers of rows.
	mine, others := b.agree*than.rows, than.agree*b.rows
	return mine > others || mine == others && !b.prose && than.prose
}

// voteBelowTitle looks for a table below a title line, which is narrower than the table.
// Three columns in nearly every row are no accident. Two columns count only where they have
// all wanted names; otherwise the file has one column.
func (d dialect) voteBelowTitle(sample string) (comma byte, titled bool) {
	for _, comma := range []byte(delimiters) {
		b := d.count(sample, comma, 1)
		// Up to three rows may be titles and notes; they do not count against the table.
		if b.mode >= 3 && b.modeCount >= 2 && b.modeCount*10 >= (b.rows-3)*9 || b.suited > 1 {
			return comma, true
		}
	}
	return ',', false
}

// suits returns the number of cells of a record near the top that has all wanted names. It
// returns 0 for any other record.
func (d dialect) suits(r record, place int) int {
	if d.missing == nil || place > headerWindow {
		return 0
	}
	if needed, optional := d.missing(names(r)); needed+optional > 0 {
		return 0
	}
	return len(r.cells)
}

// count cuts the sample with one delimiter.
func (d dialect) count(sample string, comma byte, headerRow int) ballot {
	b := ballot{comma: comma}
	body := sample[d.skip:]
	recs := newRecords(strings.NewReader(body), comma)
	recs.crOnly = d.crOnly
	widths := map[int]int{}
	for b.rows < sniffRecords {
		rec, err := recs.next()
		// A sample ends anywhere. A half record would look like a row that disagrees.
		if err != nil || (recs.pos == recs.end && b.rows > 0 && !strings.HasSuffix(body, "\n") && !strings.HasSuffix(body, "\r") && len(sample) >= sniffSize) {
			break // the last record may be cut off
		}
		if rec.number < headerRow || rec.blank() {
			continue
		}
		b.rows++
		b.suited = cmp.Or(b.suited, d.suits(rec, b.rows))
		if b.rows == 1 {
			b.width = len(rec.cells)
			// Only the first row is examined: "Street, city" in a header is prose, but in
			// data it is an address.
			b.prose = slices.ContainsFunc(rec.cells[1:], func(c string) bool { return strings.HasPrefix(c, " ") })
		}
		if len(rec.cells) == b.width {
			b.agree++
		}
		widths[len(rec.cells)]++
		if n := widths[len(rec.cells)]; n > b.modeCount {
			b.mode, b.modeCount = len(rec.cells), n
		}
	}
	return b
}

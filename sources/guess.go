package sources

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

const (
	// certain is how much likelier the best reading must be than the next for the file
	// to be read without a question: twenty thousand times.
	certain = 20
	// oneCell is the most that a single cell may add to that, unless the other reading of
	// it is absurd. One foreign name must not decide for all.
	oneCell = 18
	// implausible is the highest average cost of a letter in a reading that is believed.
	implausible = 26
	// worthShowing is how much likelier a reading may be for the next one to be shown.
	worthShowing = 80
	maxEvidence  = 12 << 10 // bytes of cells that are looked at
	maxClue      = 120      // bytes of one cell
)

// reading is the text of the evidence in one or more code pages.
type reading struct {
	page     codePage
	cells    []string
	verdicts []verdict
	cost     int
}

// readings returns the different texts that the bytes may stand for, the likeliest first.
func (e *evidence) readings() []reading {
	j := newJudge()
	var all []reading
	pages := codePages()
	if e.someUTF8 {
		pages = append([]codePage{damagedUTF8()}, pages...)
	}
	for _, page := range pages {
		r := reading{page: page, cost: page.prior}
		for _, cell := range e.cells {
			r.cells = append(r.cells, decoded(page.enc, cell))
		}
		// Code pages that agree on every collected byte are one reading. Asking the user to
		// choose between them would be pointless.
		if slices.ContainsFunc(all, func(other reading) bool { return e.same(r, other) }) {
			continue
		}
		for _, cell := range r.cells {
			v := j.verdict(cell)
			r.verdicts = append(r.verdicts, v)
			r.cost = r.cost + v.cost
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b reading) int { return cmp.Compare(a.cost, b.cost) })
	return all
}

// ahead returns how much likelier a reading is than another.
func (r reading) ahead(other reading) int {
	sum := other.page.prior - r.page.prior
	for i, v := range other.verdicts {
		more := v.cost - r.verdicts[i].cost
		// A single name, correct but unusual, must not decide for the whole file. An absurd
		// text may.
		if !v.absurd {
			more = min(more, oneCell)
		}
		sum += more
	}
	return sum
}

// same reports whether two code pages read the whole file alike.
func (e *evidence) same(a, b reading) bool {
	if !slices.Equal(a.cells, b.cells) {
		return false
	}
	x, single := a.page.enc.(*charmap.Charmap)
	y, both := b.page.enc.(*charmap.Charmap)
	// The collected cells are only part of the file. Comparing all bytes that it uses
	// covers the rest, which works for pages of one byte per letter.
	if !e.partial || !single || !both {
		return true
	}
	for c, used := range e.used {
		if used && x.DecodeByte(byte(c)) != y.DecodeByte(byte(c)) {
			return false
		}
	}
	return true
}

// letterCount returns how many letters beyond ASCII a reading has.
func (r reading) letterCount() int {
	n := 0
	for _, cell := range r.cells {
		for _, c := range cell {
			if c >= utf8.RuneSelf {
				n++
			}
		}
	}
	return n
}

// decoded returns the text of bytes in an encoding. Bytes without a letter become U+FFFD.
func decoded(enc encoding.Encoding, b []byte) string {
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return string(utf8.RuneError)
	}
	return string(text)
}

// guessPage chooses the code page of a text that does not declare one. It takes a page only
// if one page alone makes likely words of the letters. Otherwise it asks the user, because
// wrong names would go into videos.
func (e *evidence) guessPage(in io.Reader, head []byte, o Options) (charset, error) {
	all := e.readings()
	best := all[0]
	likely := slices.DeleteFunc(slices.Clone(all), func(r reading) bool { return r.page != best.page && best.ahead(r) >= certain })
	if len(likely) > 1 {
		return charset{}, question(likely, in, head, o)
	}
	// The best reading may still be nonsense, when the file is in an encoding that is not
	// on the list.
	if best.cost-best.page.prior > implausible*best.letterCount() {
		return charset{}, &FileError{Code: "ROW-ENCODING-UNKNOWN",
			Message: fmt.Sprintf("it does not say how its letters are encoded, and no encoding makes words of them; as %s it begins with %q", best.page.name, clip(best.cells[0])),
			Hint: "export it as UTF-8, or set rows.encoding: windows-1250 (Central Europe), windows-1251 (Russian), windows-1253 (Greek), windows-1254 (Turkish), windows-1257 (Baltic), " +
				"gbk or big5 (Chinese), shift_jis (Japanese), euc-kr (Korean)"}
	}
	if best.page.name == damagedUTF8().name {
		// The damaged cells get faults of their own; the file is readable.
		return charset{}, nil
	}
	notice := unmarked(best.page.title)
	// The runner-up is close enough to be shown, so that the user can see a wrong guess.
	if len(all) > 1 && all[1].cost < best.cost+worthShowing {
		if i := differ(best, all[1]); i >= 0 {
			notice.Hint += fmt.Sprintf("; as %s, %q would be %q", all[1].page.name, clip(best.cells[i]), clip(all[1].cells[i]))
		}
	}
	return charset{enc: best.page.enc, name: best.page.name, notice: notice}, nil
}

// differ returns the first cell that two readings read differently, or -1.
func differ(a, b reading) int {
	for i := range a.cells {
		if a.cells[i] != b.cells[i] {
			return i
		}
	}
	return -1
}

// question returns the error that shows one cell in each possible reading. The user can
// tell at a glance which one is right.
func question(likely []reading, in io.Reader, head []byte, o Options) error {
	const most = 4
	likely = likely[:min(len(likely), most)]
	fe := &FileError{Code: "ROW-ENCODING-UNKNOWN"}
	var texts []string
	fe.Row, fe.Cell, texts = cellOf(likely, in, head, o)
	// The place in the sheet could not be found. Any collected cell that differs serves as
	// well.
	if texts == nil {
		i := max(differ(likely[0], likely[1]), 0)
		for _, r := range likely {
			texts = append(texts, r.cells[i])
		}
	}
	where := "a cell"
	if fe.Cell != "" {
		where = "cell " + fe.Cell
	}
	var ways, names []string
	for i, r := range likely {
		ways = append(ways, fmt.Sprintf("%q as %s", clip(texts[i]), r.page.name))
		names = append(names, r.page.name)
	}
	fe.Message = fmt.Sprintf("it does not say how its letters are encoded, and %s can be read as %s", where, strings.Join(ways, ", "))
	fe.Hint = "set rows.encoding to the one that reads right: " + strings.Join(names, ", ") + "; or export it as UTF-8"
	return fe
}

// cellOf finds the first cell of the sheet that the first two readings read differently.
func cellOf(likely []reading, in io.Reader, head []byte, o Options) (row int, cell string, texts []string) {
	// A pipe gives back only its head. A file is read again from its start, without moving
	// the position of the reader that follows.
	whole := io.Reader(bytes.NewReader(head))
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			whole = io.NewSectionReader(f, 0, info.Size())
		}
	}
	d, err := sniff(decoded(likely[0].page.enc, head[:min(len(head), sniffSize)]), "", o)
	if err != nil {
		return 0, "", nil
	}
	if _, err := io.CopyN(io.Discard, whole, int64(d.skip)); err != nil {
		return 0, "", nil
	}
	records := newRecords(whole, d.comma)
	records.crOnly = d.crOnly
	for {
		rec, err := records.next()
		if err != nil {
			return 0, "", nil // a damaged file; the readings of the cell alone are shown
		}
		for i, c := range rec.cells {
			// ASCII cells are the same in every reading.
			if asciiPrefix([]byte(c)) == len(c) {
				continue
			}
			texts = texts[:0]
			for _, r := range likely {
				texts = append(texts, decoded(r.page.enc, []byte(c)))
			}
			if texts[0] != texts[1] {
				return rec.number, Address(i, rec.number), texts
			}
		}
	}
}

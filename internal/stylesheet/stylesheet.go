// Package stylesheet adds formats to the stylesheet of a stranger's workbook. It leaves
// the rest as it is, byte for byte: formats of other cells, colours by theme or number,
// extensions, and parts that no library knows.
//
// Every list of a stylesheet may be missing, and some programs leave out all of them. A
// list that is missing or empty first gets the entry of plain cells, whose number is 0.
package stylesheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// New is the least stylesheet of a workbook that has none.
const New = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"></styleSheet>`

// mostFormats is how many cell formats a spreadsheet program takes.
const mostFormats = 65_430

// ErrFull is returned when a stylesheet has no room for one more format.
var ErrFull = errors.New("the workbook has too many cell formats")

// Sheet is a stylesheet to which formats can be added.
type Sheet struct {
	text  []byte
	tag   string // of the root
	end   int    // where the tag that ends the root begins, or where the root is closed at once
	once  bool   // <styleSheet/>
	lists map[string]*list
	begin []place // of the elements below the root
}

// list is one of a stylesheet's lists.
type list struct {
	prefix     string
	there      bool
	from, to   int // of its first tag in the text
	end        int // where the tag that ends it begins
	once       bool
	found, new []string // its entries
}

// place is where an element begins.
type place struct {
	rank, at int
}

// entryOf names the entries of the lists that formats are made of.
func entryOf(list string) string {
	switch list {
	case "fonts", "fills", "borders":
		return strings.TrimSuffix(list, "s")
	case "cellStyleXfs", "cellXfs":
		return "xf"
	}
	return ""
}

// order is the one in which the format wants the lists.
func order() []string {
	return []string{"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst"}
}

// Read reads a stylesheet in any encoding.
func Read(part []byte) (*Sheet, error) {
	text, err := io.ReadAll(xmltoken.UTF8(bytes.NewReader(part)))
	if err == nil {
		err = xmltoken.WellFormed(bytes.NewReader(text))
	}
	if err != nil {
		return nil, fmt.Errorf("read stylesheet: %w", err)
	}
	s := &Sheet{text: text, lists: map[string]*list{}}
	for _, name := range order() {
		if entryOf(name) != "" {
			s.lists[name] = &list{}
		}
	}
	if err := s.find(); err != nil {
		return nil, fmt.Errorf("read stylesheet: %w", err)
	}
	for _, l := range s.lists {
		if !l.there {
			l.prefix = strings.TrimSuffix(s.tag, "styleSheet")
		}
	}
	return s, s.complete()
}

// finder is how far the look through a stylesheet is.
type finder struct {
	at, depth int
	list      *list // that is open
	entry     string
	from      int // of the entry that is open
}

// find finds the lists and their entries.
func (s *Sheet) find() error {
	x := xmltoken.NewScanner(bytes.NewReader(s.text))
	var f finder
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		from := f.at
		f.at += len(t.Raw)
		if t.Kind == xmltoken.Open || t.Kind == xmltoken.Single {
			if f.depth++; !s.begins(t, &f, from) {
				return errors.New("it is none, or it has a list twice")
			}
		}
		if t.Kind == xmltoken.Close || t.Kind == xmltoken.Single {
			s.ends(t, &f, from)
			f.depth--
		}
	}
}

// begins takes a tag that begins an element; it is false where that cannot be.
func (s *Sheet) begins(t *xmltoken.Token, f *finder, from int) bool {
	name := string(t.Name())
	switch f.depth {
	case 1:
		s.tag = string(t.Tag())
		s.once = t.Kind == xmltoken.Single
		return name == "styleSheet"
	case 2:
		if rank := slices.Index(order(), name); rank >= 0 {
			s.begin = append(s.begin, place{rank, from})
		}
		if f.list, f.entry = s.lists[name], entryOf(name); f.list == nil {
			return true
		}
		if f.list.there {
			return false
		}
		*f.list = list{there: true, prefix: t.Prefix(), from: from, to: f.at, once: t.Kind == xmltoken.Single}
	case 3:
		f.from = from
	}
	return true
}

// ends takes a tag that ends an element.
func (s *Sheet) ends(t *xmltoken.Token, f *finder, from int) {
	switch {
	case f.depth == 1:
		s.end = from
	case f.depth == 2 && f.list != nil:
		f.list.end = from
		f.list = nil
	case f.depth == 3 && f.list != nil && t.Is(f.entry):
		f.list.found = append(f.list.found, string(s.text[f.from:f.at]))
	}
}

// complete gives each list that has none its first entries. Programs show the first two
// fills as none and dotted, even if the file says otherwise.
func (s *Sheet) complete() error {
	for name, defaults := range map[string][]string{
		"fonts":        {`<:font><:sz val="11"/><:name val="Calibri"/></:font>`},
		"fills":        {`<:fill><:patternFill patternType="none"/></:fill>`, `<:fill><:patternFill patternType="gray125"/></:fill>`},
		"borders":      {`<:border><:left/><:right/><:top/><:bottom/><:diagonal/></:border>`},
		"cellStyleXfs": {`<:xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>`},
		"cellXfs":      {`<:xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`},
	} {
		l := s.lists[name]
		for _, entry := range defaults[min(len(l.found), len(defaults)):] {
			l.add(entry)
		}
	}
	if len(s.lists["cellXfs"].found) > mostFormats {
		return ErrFull
	}
	return nil
}

// add adds an entry and returns its number. Its names have a colon where the prefix
// goes.
func (l *list) add(entry string) int {
	entry = strings.NewReplacer("<:", "<"+l.prefix, "</:", "</"+l.prefix).Replace(entry)
	return l.addRaw(entry)
}

func (l *list) addRaw(entry string) int {
	all := len(l.found) + len(l.new)
	if i := slices.Index(l.new, entry); i >= 0 {
		return len(l.found) + i
	}
	l.new = append(l.new, entry)
	return all
}

// entry returns an entry by its number; the first one where there is none.
func (l *list) entry(i int) string {
	all := append(slices.Clip(l.found), l.new...)
	if i < 0 || i >= len(all) {
		i = 0
	}
	return all[i]
}

// Bytes returns the stylesheet with what was added.
func (s *Sheet) Bytes() []byte {
	edits := []ooxml.Edit{}
	end := ""
	for rank, name := range order() {
		switch l := s.lists[name]; {
		case l == nil || len(l.new) == 0:
		case l.there:
			edits = append(edits, l.edits(s.text, name)...)
		default:
			text := "<" + l.prefix + name + ` count="` + strconv.Itoa(len(l.new)) + `">` + strings.Join(l.new, "") + "</" + l.prefix + name + ">"
			if at, ok := s.before(rank); ok {
				edits = append(edits, ooxml.Edit{From: at, To: at, Text: text})
			} else {
				end += text
			}
		}
	}
	if s.once {
		whole := s.end + len(tagAt(s.text[s.end:]).Raw)
		edits = append(edits, ooxml.Edit{From: whole - len("/>"), To: whole, Text: ">" + end + "</" + s.tag + ">"})
	} else {
		edits = append(edits, ooxml.Edit{From: s.end, To: s.end, Text: end})
	}
	return ooxml.Apply(s.text, edits)
}

func tagAt(text []byte) *xmltoken.Token { return tagOf(string(text)) }

// before finds the first element that follows a list of a rank.
func (s *Sheet) before(rank int) (at int, ok bool) {
	for _, p := range s.begin {
		if p.rank > rank {
			return p.at, true
		}
	}
	return 0, false
}

// edits are those of a list that is there.
func (l *list) edits(text []byte, name string) []ooxml.Edit {
	t := tagAt(text[l.from:l.to])
	count := strconv.Itoa(len(l.found) + len(l.new))
	tag := string(t.Raw)
	if from, to, ok := t.Find("count"); ok {
		tag = tag[:from] + count + tag[to:]
	}
	all := strings.Join(l.new, "")
	if l.once {
		return []ooxml.Edit{{From: l.from, To: l.to, Text: strings.TrimSuffix(tag, "/>") + ">" + all + "</" + l.prefix + name + ">"}}
	}
	return []ooxml.Edit{{From: l.from, To: l.to, Text: tag}, {From: l.end, To: l.end, Text: all}}
}

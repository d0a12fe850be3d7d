package marking

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/ooxml"
	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// comments adds the comments to the workbook, and the boxes in which programs show them.
func (c *copier) comments() error {
	var added []Cell
	for _, cell := range c.cells {
		if cell.Text != "" {
			added = append(added, cell)
		}
	}
	if len(added) == 0 {
		return nil
	}
	// A sheet can have only one part of comments. An existing one must be added to.
	r, err := c.related(c.Sheet, first, ooxml.Relation{Kind: "comments", Target: c.free("comments", ".xml")})
	if err != nil {
		return err
	}
	name, text, err := c.load(r.Target)
	if err != nil {
		return err
	}
	if text == nil {
		text = []byte(noComments)
		if err := c.typed(name, officeType+"spreadsheetml.comments+xml"); err != nil {
			return err
		}
	}
	// Comments that are there have boxes already. Only new ones are drawn.
	var shapes []Cell
	if c.texts[name], shapes, err = withComments(text, added); err != nil {
		return err
	}
	return c.draw(shapes)
}

// noComments is a part of comments without any, in the form that Excel writes.
const noComments = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"></comments>`

// commentList adds comments to an existing part.
type commentList struct {
	text    []byte
	edits   []ooxml.Edit
	there   map[string]int // the cells that have a comment, and which mark they get
	marks   []Cell
	done    []bool
	authors int
	author  int    // ours; -1: not in the list yet
	name    string // of the author that is being read
	listed  bool   // the part has a list of authors
	added   bool   // the part has a list of comments
	mark    int    // of the comment that is being read; -1: it has none
}

// withComments adds comments to a part. A cell that has a comment keeps it, and the new
// text goes below. It returns the cells that had none, because only those need a box.
func withComments(part []byte, cells []Cell) ([]byte, []Cell, error) {
	// A mark for a cell that already has a comment must find it, so marks are kept by address.
	l := &commentList{text: part, marks: cells, there: map[string]int{}, done: make([]bool, len(cells)), author: -1, mark: -1}
	for i := range cells {
		l.there[cells[i].address()] = i
	}
	if err := l.read(); err != nil {
		return nil, nil, err
	}
	// Elements that the part lacks go to its end, after all edits of existing ones.
	out, err := ooxml.Append(ooxml.Apply(part, l.edits), func(prefix string) string {
		text := ""
		if !l.listed {
			text = "<" + prefix + "authors>" + l.ours(prefix) + "</" + prefix + "authors>"
		}
		if !l.added {
			text += "<" + prefix + "commentList>" + l.all(prefix) + "</" + prefix + "commentList>"
		}
		return text
	})
	// Reading has marked the cells whose comment got the text.
	var without []Cell
	for i, done := range l.done {
		if !done {
			without = append(without, cells[i])
		}
	}
	return out, without, err
}

// read goes through the part and notes where text has to be added. It changes nothing else,
// so that the comments of other people stay byte for byte.
func (l *commentList) read() error {
	x := xmltoken.NewScanner(bytes.NewReader(l.text))
	at := 0
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// Depth 2 holds the two lists, 3 their entries, 4 the text of a comment, 5 its
		// runs.
		switch depth := x.Depth(); {
		case depth == 2:
			l.list(t, at)
		case depth == 3:
			l.entry(t)
		case depth == 4 && l.mark >= 0 && t.Is("text"):
			l.end(t, at, l.below)
		// Phonetic hints must stay at the end of a text. The new run goes in front of them.
		case depth == 5 && l.mark >= 0 && (t.Begins("rPh") || t.Begins("phoneticPr")):
			l.edits = append(l.edits, ooxml.Edit{From: at, To: at, Text: l.below(t.Prefix())})
			l.mark = -1
		}
		at += len(t.Raw)
	}
}

// list handles the tags of the two lists of the part.
func (l *commentList) list(t *xmltoken.Token, at int) {
	switch {
	case t.Is("authors"):
		l.end(t, at, l.ours)
		l.listed = true
	case t.Is("commentList"):
		l.end(t, at, l.all)
		l.added = true
	}
}

// entry handles a token within an entry of a list.
func (l *commentList) entry(t *xmltoken.Token) {
	switch {
	case t.Is("author"):
		l.readAuthor(t)
	case t.IsText():
		l.name += string(t.AppendText(nil))
	case t.Begins("comment"):
		// A reference may be written with $ signs.
		l.mark = -1
		if i, ok := l.there[strings.ReplaceAll(t.Value("ref"), "$", "")]; ok {
			l.mark = i
			l.done[i] = true
		}
	}
}

// below returns a run of text that goes below an existing comment.
func (l *commentList) below(prefix string) string {
	return "<" + prefix + "r>" + run(prefix, "\n"+l.marks[l.mark].Text) + "</" + prefix + "r>"
}

// readAuthor counts the authors and remembers ours. A second copy must not list us twice.
func (l *commentList) readAuthor(t *xmltoken.Token) {
	if t.Kind == xmltoken.Open {
		l.name = ""
		return
	}
	if l.name == Author && t.Kind == xmltoken.Close {
		l.author = l.authors
	}
	l.authors++
}

// end adds text at the end of an element.
func (l *commentList) end(t *xmltoken.Token, from int, added func(prefix string) string) {
	switch to := from + len(t.Raw); t.Kind {
	case xmltoken.Close:
		l.edits = append(l.edits, ooxml.Edit{From: from, To: from, Text: added(t.Prefix())})
	// An element without content has no end tag. It gets one.
	case xmltoken.Single:
		l.edits = append(l.edits, ooxml.Edit{From: to - len("/>"), To: to, Text: ">" + added(t.Prefix()) + "</" + string(t.Tag()) + ">"})
	case xmltoken.Text, xmltoken.CDATA, xmltoken.Other, xmltoken.Doctype, xmltoken.Open:
	}
}

// ours returns an entry for us in the list of authors, unless it has one.
func (l *commentList) ours(prefix string) string {
	if l.author >= 0 {
		return ""
	}
	l.author = l.authors
	return "<" + prefix + "author>" + Author + "</" + prefix + "author>"
}

// all returns comments for the cells that had none.
func (l *commentList) all(prefix string) string {
	var b strings.Builder
	for i := range l.marks {
		if l.done[i] {
			continue
		}
		b.WriteString("<" + prefix + `comment ref="` + l.marks[i].address() + `" authorId="` + strconv.Itoa(max(l.author, 0)) + `"><` +
			prefix + "text>" + run(prefix, l.marks[i].Text) + "</" + prefix + "text></" + prefix + "comment>")
	}
	return b.String()
}

// run returns a piece of text as XML. Characters that XML cannot hold become U+FFFD,
// because one of them would make the whole part unreadable.
func run(prefix, text string) string {
	var b strings.Builder
	b.WriteString("<" + prefix + `t xml:space="preserve">`)
	for _, r := range text {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		// These characters cannot even be escaped in XML 1.0.
		case r < ' ' && r != '\t' && r != '\n', r == 0xfffe, r == 0xffff:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "</" + prefix + "t>"
}

package stylesheet

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Format is a cell format of ours, on the font that plain cells have.
type Format struct {
	Bold, Underline, Top bool
	Wrap                 bool   // texts take several lines, and numbers stand where texts begin
	Color, Fill          string // "RRGGBB"; empty: none
	Number               int    // a number format that every spreadsheet program knows; 0: as it is
}

// Add adds a format and returns its number.
func (s *Sheet) Add(f Format) (int, error) {
	plain := tagOf(s.lists["cellXfs"].entry(0))
	font, fill := 0, 0
	if n, err := strconv.Atoi(plain.Value("fontId")); err == nil {
		font = n
	}
	if f.Bold || f.Underline || f.Color != "" {
		font = s.lists["fonts"].addRaw(fontLike(s.lists["fonts"].entry(font), f))
	}
	if f.Fill != "" {
		fill = s.fill(f.Fill)
	}
	apply := ""
	for _, a := range []struct {
		name string
		set  bool
	}{{"Font", font > 0}, {"Fill", fill > 0}, {"Alignment", f.Top || f.Wrap}, {"NumberFormat", f.Number > 0}} {
		if a.set {
			apply += ` apply` + a.name + `="1"`
		}
	}
	return s.format(fmt.Sprintf(`<:xf numFmtId="%d" fontId="%d" fillId="%d" borderId="0" xfId="0"%s%s`, f.Number, font, fill, apply, f.alignment()))
}

// alignment says how a cell's text stands, and ends the format.
func (f Format) alignment() string {
	how := ""
	if f.Top {
		how += ` vertical="top"`
	}
	if f.Wrap {
		how += ` horizontal="left" wrapText="1"`
	}
	if how == "" {
		return "/>"
	}
	return `><:alignment` + how + `/></:xf>`
}

// Like adds a format that differs from another one only in the colour behind the text,
// and returns its number.
func (s *Sheet) Like(base int, fill string) (int, error) {
	raw := s.lists["cellXfs"].entry(base)
	t := tagOf(raw)
	tag := "<" + string(t.Tag())
	for name, value, rest := xmltoken.Attribute(t.Attributes()); len(name) > 0; name, value, rest = xmltoken.Attribute(rest) {
		if n := string(name); n != "fillId" && n != "applyFill" {
			tag += " " + n + "=" + quoted(value)
		}
	}
	tag += fmt.Sprintf(` fillId="%d" applyFill="1"`, s.fill(fill))
	if t.Kind == xmltoken.Single {
		tag += "/"
	}
	return s.format(tag + ">" + raw[len(t.Raw):])
}

// quoted writes an attribute's value as it stands in a file.
func quoted(value []byte) string {
	if bytes.IndexByte(value, '"') >= 0 {
		return "'" + string(value) + "'"
	}
	return `"` + string(value) + `"`
}

func (s *Sheet) format(xf string) (int, error) {
	l := s.lists["cellXfs"]
	before := len(l.new)
	id := l.add(xf)
	if id >= mostFormats {
		l.new = l.new[:before]
		return 0, ErrFull
	}
	return id, nil
}

func (s *Sheet) fill(rgb string) int {
	return s.lists["fills"].add(`<:fill><:patternFill patternType="solid"><:fgColor rgb="FF` + rgb + `"/><:bgColor indexed="64"/></:patternFill></:fill>`)
}

// tagOf returns the tag that an element begins with.
func tagOf(raw string) *xmltoken.Token {
	t, err := xmltoken.NewScanner(strings.NewReader(raw)).Next()
	if err != nil {
		return &xmltoken.Token{} // it was read before
	}
	return t
}

// fontLike returns a font with the properties of a format, and with those of another font
// for the rest.
func fontLike(raw string, f Format) string {
	t := tagOf(raw)
	pieces := map[string]string{}
	prefix := t.Prefix()
	if t.Kind == xmltoken.Open {
		pieces = children(raw)
	}
	if f.Bold {
		pieces["b"] = "<" + prefix + "b/>"
	}
	if f.Underline {
		pieces["u"] = "<" + prefix + "u/>"
	}
	if f.Color != "" {
		pieces["color"] = "<" + prefix + `color rgb="FF` + f.Color + `"/>`
	}
	begin := strings.TrimSuffix(strings.TrimSuffix(string(t.Raw), ">"), "/") + ">"
	var b strings.Builder
	for _, name := range []string{"b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family", "charset", "scheme"} {
		b.WriteString(pieces[name])
	}
	return begin + b.String() + "</" + string(t.Tag()) + ">"
}

// children returns the elements of an element by their names.
func children(raw string) map[string]string {
	all := map[string]string{}
	x := xmltoken.NewScanner(strings.NewReader(raw))
	at, from, depth := 0, 0, 0
	for {
		t, err := x.Next()
		if err != nil {
			return all // the end
		}
		begin := at
		at += len(t.Raw)
		if t.Kind == xmltoken.Open || t.Kind == xmltoken.Single {
			if depth++; depth == 2 {
				from = begin
			}
		}
		if t.Kind == xmltoken.Close || t.Kind == xmltoken.Single {
			if depth == 2 && len(t.Name()) > 0 {
				all[string(t.Name())] = raw[from:at]
			}
			depth--
		}
	}
}

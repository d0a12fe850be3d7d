package marking

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
)

// The boxes of comments are drawn in VML, in the same part as buttons and other things of
// the sheet. VML is not always valid XML, so the part is changed as text.
const (
	noShapes = `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>`
	shapeType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">` +
		`<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`
	shapesType = officeType + "vmlDrawing"
)

// draw adds the boxes of comments.
func (c *copier) draw(cells []Cell) error {
	if len(cells) == 0 {
		return nil
	}
	// A sheet may have a second drawing for the head of its pages. Boxes there would not be
	// shown.
	own := func(r ooxml.Relation) bool { return c.drawing != "" && r.ID == c.drawing }
	r, err := c.related(c.Sheet, own, ooxml.Relation{Kind: "vmlDrawing", ID: c.drawing, Target: c.free("drawings/vmlDrawing", ".vml")})
	if err != nil {
		return err
	}
	// The sheet has to name its drawing. It is copied later and reads the name here.
	if c.drawing == "" {
		c.relation = r.ID
	}
	name, text, err := c.load(r.Target)
	if err != nil {
		return err
	}
	if text == nil {
		text = []byte(noShapes)
		if err := c.typed(name, shapesType); err != nil {
			return err
		}
	}
	c.texts[name] = withShapes(text, cells)
	return nil
}

// withShapes adds the boxes to a drawing.
func withShapes(text []byte, cells []Cell) []byte {
	end := bytes.LastIndex(text, []byte("</xml"))
	// The drawing is empty or not a drawing at all.
	if end < 0 {
		text = []byte(noShapes)
		end = bytes.LastIndex(text, []byte("</xml"))
	}
	var b strings.Builder
	if !bytes.Contains(text, []byte(`"_x0000_t202"`)) {
		b.WriteString(shapeType)
	}
	// Programs number boxes from 1025. New numbers must not repeat those of existing boxes.
	next := 1025
	for _, m := range regexp.MustCompile(`_x0000_s(\d{1,9})`).FindAllSubmatch(text, -1) {
		if n, err := strconv.Atoi(string(m[1])); err == nil {
			next = max(next, n+1)
		}
	}
	for i := range cells {
		b.WriteString(shape(next+i, &cells[i]))
	}
	return append(append(bytes.Clone(text[:end]), declared(text, b.String())...), text[end:]...)
}

// declared adds the name spaces that a drawing lacks to the new boxes. A drawing with other
// prefixes would otherwise not recognise them.
func declared(text []byte, shapes string) string {
	declare := ""
	for _, d := range []string{`xmlns:v="urn:schemas-microsoft-com:vml"`, `xmlns:o="urn:schemas-microsoft-com:office:office"`, `xmlns:x="urn:schemas-microsoft-com:office:excel"`} {
		if !bytes.Contains(text, []byte(d)) {
			declare += " " + d
		}
	}
	if declare == "" {
		return shapes
	}
	return strings.NewReplacer("<v:shapetype ", "<v:shapetype"+declare+" ", "<v:shape ", "<v:shape"+declare+" ").Replace(shapes)
}

// shape returns the box of a comment. It stands to the right of its cell, and is hidden
// until the mouse is over the cell.
func shape(id int, c *Cell) string {
	row, column := c.Row-1, c.Column-1
	// Columns and rows of the corners, each with an offset in pixels.
	anchor := []int{column + 1, 15, max(row-1, 0), 10, column + 5, 15, max(row-1, 0) + 5, 4}
	var places []string
	for _, n := range anchor {
		places = append(places, strconv.Itoa(n))
	}
	return `<v:shape id="_x0000_s` + strconv.Itoa(id) + `" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:1.5pt;width:210pt;height:68pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">` +
		`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>` +
		`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>` + strings.Join(places, ", ") + `</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>` +
		strconv.Itoa(row) + `</x:Row><x:Column>` + strconv.Itoa(column) + `</x:Column></x:ClientData></v:shape>`
}

package templates

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates/fit"
)

// Boxes are the places of a template of which it tells what text stands there and how large
// they are, so that each row can be held to them. They never change, so any number of
// goroutines may use them, each with a [Measurer] of its own.
type Boxes struct{ list []box }

// box is one place, and what stands in it.
type box struct {
	node  *schema.Node
	name  string
	text  []stretch
	place fit.Box
	font  *fit.Font // nil: it is not known
	warns bool      // what does not fit is sent all the same
}

// stretch is a part of a text: fixed, or a variable.
type stretch struct {
	fixed    string // the text, or the name of the variable
	variable int    // -1 for fixed text
}

// boxForm is a box as it is written.
type boxForm struct {
	Name, Text, Track, Font, Transform, Overflow string
	Width, Height, Size, Weight                  float64
	LineHeight                                   float64 `json:"line_height"`
	Face                                         int
}

// usualLine is the height of a line, as a multiple of the font's size, where a box says
// nothing about it.
const usualLine = 1.2

// NewBoxes reads the boxes of a template. read returns the bytes of a font file, as a box
// names it. Boxes with an error are left out.
func NewBoxes(t *Template, read func(path string) ([]byte, error)) (*Boxes, problem.List) {
	declared := t.node.Member("boxes")
	if declared == nil || t.request == t.root {
		return &Boxes{}, nil
	}
	r := &boxReader{t: t, read: read, found: &Findings{t: t}, names: map[string]bool{}, fonts: map[string]*fit.Font{}}
	all := &Boxes{}
	for _, n := range declared.Children {
		if b, ok := r.box(n); ok {
			all.list = append(all.list, b)
		}
	}
	all.checkFixed(r.found)
	return all, r.found.list.In(t.Name)
}

// boxReader reads boxes, and each font once.
type boxReader struct {
	t     *Template
	read  func(path string) ([]byte, error)
	found *Findings
	names map[string]bool
	fonts map[string]*fit.Font
}

func (r *boxReader) box(n *schema.Node) (b box, ok bool) {
	form := boxForm{LineHeight: usualLine}
	if err := json.Unmarshal(r.t.Raw(n), &form); err != nil {
		r.fault(n, "the box cannot be read", "see: reelmerge schema template")
		return b, false
	}
	text := n.Member("text")
	if form.Track != "" {
		if text, ok = r.track(n, &form); !ok {
			return b, false
		}
	}
	switch {
	case text == nil || text.Kind != schema.String:
		r.fault(n, form.title()+" has no text", `give it "text", or "track" with the pointer of a track that has one`)
		return b, false
	case form.Width <= 0 || form.Height <= 0 || form.LineHeight <= 0:
		r.fault(n, form.title()+" has no size", "width, height and line_height are numbers above 0")
		return b, false
	case r.names[form.Name]:
		r.fault(n, form.title()+" is there twice", "give each box a name of its own")
		return b, false
	}
	r.names[form.Name] = true
	b = box{node: n, name: form.Name, warns: form.Overflow == "warn",
		place: fit.Box{Width: form.Width, Height: form.Height, Size: form.Size, LineHeight: form.LineHeight, Upper: form.Transform == "uppercase", Language: r.t.Language}}
	if b.text, ok = r.stretches(text); ok {
		b.font, ok = r.font(n, form)
	}
	return b, ok
}

func (f *boxForm) title() string { return fmt.Sprintf("the box %q", schema.Shorten(f.Name)) }

func (r *boxReader) fault(n *schema.Node, message, hint string) {
	r.found.At(n, "FIT-BOX", message, hint)
}

// track finds the text of a track of the scenes, and its size unless the box has one.
func (r *boxReader) track(n *schema.Node, form *boxForm) (text *schema.Node, ok bool) {
	var track *schema.Node
	if r.t.scenes != nil {
		track = r.t.scenes.Find(form.Track)
	}
	if track == nil || r.t.where[track] != r.t.where[r.t.scenes]+form.Track || form.Track == "/" {
		r.fault(n.Member("track"), fmt.Sprintf("%s: there is no track at %q", form.title(), schema.Shorten(form.Track)), "count scenes and tracks from 0: /scenes/0/tracks/1")
		return nil, false
	}
	size := track.Member("size")
	for name, to := range map[string]*float64{"width": &form.Width, "height": &form.Height} {
		if m := size.Member(name); *to == 0 && m != nil && m.Kind == schema.Number {
			if err := json.Unmarshal(r.t.Raw(m), to); err != nil {
				*to = 0 // a number beyond all bounds: the box has no size
			}
		}
	}
	if text = n.Member("text"); text == nil {
		text = track.Member("text")
	}
	return text, true
}

// stretches cuts a text at its variables.
func (r *boxReader) stretches(n *schema.Node) (out []stretch, ok bool) {
	text := r.t.Text(n)
	done := 0
	for _, p := range Placeholders([]byte(text)) {
		_, i := r.t.Variable(p.Name)
		if i < 0 {
			r.fault(n, fmt.Sprintf("%q in a box is no variable of the template", schema.Shorten(p.Raw)), didYouMean(p.Name, r.t.names()))
			return nil, false
		}
		out = append(out, stretch{fixed: text[done:p.Start], variable: -1}, stretch{fixed: p.Name, variable: i})
		done = p.End
	}
	return append(out, stretch{fixed: text[done:], variable: -1}), true
}

func (t *Template) names() (names []string) {
	for _, v := range t.Variables {
		names = append(names, v.Name)
	}
	return names
}

// font reads the font of a box; nil where the box does not say enough.
func (r *boxReader) font(n *schema.Node, form boxForm) (*fit.Font, bool) {
	if form.Font == "" || form.Size <= 0 {
		r.found.Warn(n, "FIT-UNKNOWN", form.title()+" has no font or no size of it, so whether texts fit is not known", `give it "font", the path of a TTF, OTF, TTC or WOFF2 file, and "size" in pixels`)
		return nil, true
	}
	key := fmt.Sprint(form.Font, "\x00", form.Face, "\x00", form.Weight)
	if known := r.fonts[key]; known != nil {
		return known, true
	}
	data, err := r.read(form.Font)
	if err == nil {
		r.fonts[key], err = fit.Parse(data, fit.Cut{Face: form.Face, Weight: form.Weight})
	}
	if err != nil {
		r.found.At(n.Member("font"), "FIT-FONT", fmt.Sprintf("%s: the font %q cannot be used: %v", form.title(), schema.Shorten(form.Font), wording.WithoutPath(err)),
			"give a TTF, OTF, TTC or WOFF2 file; its path is relative to the template")
		return nil, false
	}
	return r.fonts[key], true
}

// checkFixed tells once of texts that do not fit although no row changes them.
func (b *Boxes) checkFixed(found *Findings) {
	for i := range b.list {
		one := &b.list[i]
		if one.font == nil || len(one.text) > 1 {
			continue
		}
		if p := one.problem(fit.New(one.font, one.place).Fit(one.text[0].fixed)); p.Code != "" {
			p.Hint = "make the box larger, the font smaller, or the text shorter"
			found.Add(one.node, p)
		}
	}
}

// Len is how many boxes there are.
func (b *Boxes) Len() int { return len(b.list) }

// Measurer holds rows to the boxes of a template. It is for one goroutine.
type Measurer struct {
	boxes   *Boxes
	fitters []*fit.Fitter // nil for a box without a font
}

// Measurer returns a new one.
func (b *Boxes) Measurer() *Measurer {
	m := &Measurer{boxes: b, fitters: make([]*fit.Fitter, len(b.list))}
	for i := range b.list {
		if one := &b.list[i]; one.font != nil {
			m.fitters[i] = fit.New(one.font, one.place)
		}
	}
	return m
}

// BoxFit is how a row's text fits into a box.
type BoxFit struct {
	Box     string
	Text    string
	Known   bool // the box has a font, so that the text was measured
	Verdict fit.Verdict

	Lines            []string // as they break in the box; nil where it was not measured
	Size, LineHeight float64  // of its font, and of its lines as a multiple of that
}

// Fits says how a row's values, as [Rendered.Values] gives them, fit into each box.
func (m *Measurer) Fits(values []string) []BoxFit {
	fits := make([]BoxFit, len(m.fitters))
	for i, fitter := range m.fitters {
		one := &m.boxes.list[i]
		fits[i] = BoxFit{Box: one.name, Text: one.filled(values), Known: fitter != nil}
		if fitter != nil {
			fits[i].Verdict = fitter.Fit(fits[i].Text)
			fits[i].Size, fits[i].LineHeight = one.place.Size, one.place.LineHeight
			for _, line := range fitter.Lines(fits[i].Text) {
				fits[i].Lines = append(fits[i].Lines, line.Text)
			}
		}
	}
	return fits
}

// Row returns what does not fit of a row's values, each problem at the variable that is
// best shortened.
func (m *Measurer) Row(values []string) (found problem.List) {
	for i, fitter := range m.fitters {
		one := &m.boxes.list[i]
		if fitter == nil || len(one.text) == 1 {
			continue
		}
		verdict := fitter.Fit(one.filled(values))
		p := one.problem(verdict)
		if p.Code == "" {
			continue
		}
		v := one.blamed(values, verdict.Missing)
		p.Variable, p.Value = m.name(one, v), wording.Shorten(values[v])
		if p.Hint == "" {
			p.Hint = m.advice(i, v, values)
		}
		found = append(found, p)
	}
	return found
}

func (m *Measurer) name(b *box, variable int) string {
	for _, s := range b.text {
		if s.variable == variable {
			return s.fixed
		}
	}
	return ""
}

// filled is the text of the box for a row.
func (b *box) filled(values []string) string {
	if len(b.text) == 1 {
		return b.text[0].fixed
	}
	var text strings.Builder
	for _, s := range b.text {
		if s.variable >= 0 {
			text.WriteString(values[s.variable])
		} else {
			text.WriteString(s.fixed)
		}
	}
	return text.String()
}

// problem says a verdict in words; its code is empty when the text fits.
func (b *box) problem(v fit.Verdict) (p problem.Problem) {
	if b.warns {
		p.Severity = problem.Warning
	}
	switch v.Kind {
	case fit.Wide:
		p.Code = "FIT-WIDE"
		p.Message = fmt.Sprintf("%q: the word %q is %.0f px wider than the box, which has %.0f px", b.name, wording.Shorten(v.Word), max(1, v.PixelsOver), b.place.Width)
	case fit.Tall:
		p.Code = "FIT-TALL"
		p.Message = fmt.Sprintf("%q: the text has %s, and the box has room for %d", b.name, wording.Plural(v.Lines, "line"), v.Lines-v.LinesOver)
	case fit.Unknown:
		p.Severity = problem.Warning
		p.Code = "FIT-UNKNOWN"
		p.Hint = "look at this row in the storyboard: reelmerge preview"
		p.Message = fmt.Sprintf("%q: where lines of this script break is not known, so whether the text fits is not known", b.name)
		if v.Missing != 0 {
			p.Message = fmt.Sprintf("%q: the font has no %q of its own, so whether the text fits is not known", b.name, v.Missing)
		}
	case fit.Fits:
	}
	return p
}

// blamed is the variable of the box whose value is best changed: one that has the sign
// which the font lacks, else the longest.
func (b *box) blamed(values []string, missing rune) int {
	best, most := -1, -1
	for _, s := range b.text {
		if s.variable < 0 {
			continue
		}
		n := utf8.RuneCountInString(values[s.variable])
		if missing != 0 && strings.ContainsRune(values[s.variable], missing) {
			return s.variable
		}
		if n > most {
			best, most = s.variable, n
		}
	}
	return best
}

// advice says how long a value may be, and shows the longest part of it that fits.
func (m *Measurer) advice(i, variable int, values []string) string {
	one := &m.boxes.list[i]
	fitter := m.fitters[i]
	changed := append([]string(nil), values...)
	fits := func(value string) bool {
		changed[variable] = value
		return fitter.Fit(one.filled(changed)).Kind == fit.Fits
	}
	if !fits("") {
		return "the text does not fit without this value either: make the box larger, the font smaller, or the text of the template shorter"
	}
	runes := []rune(values[variable])
	low, high := 0, len(runes) // the longest beginning that fits has at least low, and fewer than high
	for high-low > 1 {
		if middle := (low + high) / 2; fits(string(runes[:middle])) {
			low = middle
		} else {
			high = middle
		}
	}
	best := strings.TrimSpace(string(runes[:low]))
	if best == "" {
		return "leave the value empty, make the box larger, or the font smaller"
	}
	return fmt.Sprintf("shorten the value to about %s, such as %q, or make the box larger", wording.Plural(utf8.RuneCountInString(best), "character"), wording.Shorten(best))
}

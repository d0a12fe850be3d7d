// Package fit says whether a text fits into a box, by shaping it with the font that the
// box is written in, as a browser does.
//
//	font, err := fit.Parse(data, fit.Cut{Weight: 700, Size: 64}) // once per file
//	fitter := fit.New(font, fit.Box{Width: 700, Height: 140, Size: 64})
//	fitter.Fit("Hello Ada!") // for each row
//
// It never claims more than it knows. A text with a character that the font lacks is drawn
// in another font, which only the service knows; where lines of a script may break is not
// always known either. Then the verdict is [Unknown], unless it is the same in every case.
//
// Widths are those of HarfBuzz (github.com/go-text/typesetting). Most texts of a campaign
// share their words, so each word is shaped once, and only a line that all but fills the
// box is shaped as a whole.
package fit

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Box is a place for a text. Lengths are pixels of the video.
type Box struct {
	Width, Height float64
	Size          float64 // of the font
	LineHeight    float64 // as a multiple of Size
	Upper         bool    // the text is shown in capitals
	Language      string  // of the text, as BCP 47; it decides how capitals are written
}

// Kind is a verdict in one word. The zero value is the careful one.
type Kind uint8

// The verdicts.
const (
	Unknown Kind = iota // it cannot be known
	Fits
	Wide // a word is wider than the box
	Tall // there are more lines than the box has room for
)

// String is the verdict as JSON has it.
func (k Kind) String() string {
	return [...]string{Unknown: "unknown", Fits: "fits", Wide: "wide", Tall: "tall"}[k]
}

// Verdict says how a text fits.
type Verdict struct {
	Kind       Kind
	Fill       float64 // how much of the box's room the lines take; above 1 they may not fit
	Lines      int     // of the text, as they break in the box; 0 where that is not known
	LinesOver  int     // lines that the box has no room for
	PixelsOver float64 // by how much the widest word, or else the last line, reaches out of the box
	Word       string  // the widest word, where it is wider than the box
	Missing    rune    // a character that the font lacks, or that is drawn in no font that is known; 0: none
}

// Line is one line of a text in its box.
type Line struct {
	Text  string
	Width float64 // without the blanks at its end
}

// tolerance is by how many pixels a text may reach out of its box before that is told: a
// pixel is not seen.
const tolerance = 1.0

// Fitter fits texts into one box. It is for one goroutine, because it remembers the words
// that it has shaped.
type Fitter struct {
	box    Box
	shaper *shaper
	upper  cases.Caser
	breaks breaker
	words  map[string]word
	hyphen float64
	room   int // lines that the box has room for
}

// New returns a fitter for a box whose text is written in a font.
func New(f *Font, b Box) *Fitter {
	tag, err := language.Parse(b.Language)
	if err != nil {
		tag = language.Und
	}
	w := &Fitter{box: b, shaper: newShaper(f, b.Size), upper: cases.Upper(tag), words: map[string]word{}}
	w.hyphen = w.shaper.hyphen()
	w.room = int((b.Height + tolerance) / (b.LineHeight * b.Size))
	return w
}

// longestText is how many characters of a text are measured. A longer one has thousands of
// words, and no box of a video holds it.
const longestText = 20_000

// Fit says how a text fits into the box.
func (w *Fitter) Fit(text string) Verdict {
	if strings.TrimSpace(text) == "" {
		return Verdict{Kind: Fits}
	}
	tokens := w.tokens(text)
	if missing := strange(tokens); missing != 0 {
		return Verdict{Missing: missing}
	}
	if w.shaper.failed {
		return Verdict{}
	}
	v, _ := w.judge(tokens, false)
	if v.Kind == Fits || !doubtful(tokens) {
		return v
	}
	// More places to break make no text longer: what does not fit with all of them never
	// fits.
	if most, _ := w.judge(w.split(tokens), false); most.Kind != Fits {
		return most
	}
	return Verdict{}
}

// Lines breaks a text into the lines of the box, for a picture of it.
func (w *Fitter) Lines(text string) []Line {
	_, lines := w.judge(w.tokens(text), true)
	return lines
}

// judge lays the tokens out.
func (w *Fitter) judge(tokens []token, keep bool) (v Verdict, lines []Line) {
	v.Kind = Fits
	for from := 0; from < len(tokens); {
		to, width := w.line(tokens[from:])
		line := tokens[from : from+to]
		v.Lines++
		v.Fill += width
		if over := width - w.box.Width; over > tolerance && over > v.PixelsOver {
			v.Kind = Wide
			v.PixelsOver = over
			v.Word = string(line[0].core())
		}
		if keep {
			lines = append(lines, Line{Text: textOf(line), Width: width})
		}
		from += to
	}
	v.Fill /= w.box.Width * float64(max(1, w.room))
	if v.Lines > w.room {
		v.LinesOver = v.Lines - max(w.room, 0)
		if v.Kind == Fits {
			v.Kind = Tall
			v.PixelsOver = float64(v.Lines)*w.box.LineHeight*w.box.Size - w.box.Height
		}
	}
	return v, lines
}

// line says how many tokens the first line has, at least one, and how wide they are.
func (w *Fitter) line(tokens []token) (n int, width float64) {
	sum := 0.0
	for i := range tokens {
		t := &tokens[i]
		sum += t.width
		full := w.exactly(tokens[:i+1], sum)
		ends := full
		if t.soft {
			ends += w.hyphen
		}
		if ends <= w.box.Width || i == 0 {
			n = i + 1
			width = ends
		}
		if full > w.box.Width || t.hard {
			return n, width
		}
		sum += t.blanks
	}
	return n, width
}

// exactly returns the width of a line. The sum of its words is not quite it, since a font
// may move a letter nearer to a blank; near the edge of the box it is shaped as a whole.
func (w *Fitter) exactly(line []token, sum float64) float64 {
	gaps := len(line) - 1
	near := tolerance + float64(gaps)*w.box.Size*mostKern
	if gaps == 0 || sum < w.box.Width-near || sum > w.box.Width+near {
		return sum
	}
	last := &line[gaps]
	width, _ := w.shaper.width(last.text[line[0].from:last.to])
	return width
}

// mostKern is by how much of the font's size a blank and the letters around it may come
// nearer to each other.
const mostKern = 0.08

func textOf(line []token) string {
	last := &line[len(line)-1]
	text := string(last.text[line[0].from:last.to])
	if last.soft {
		text += "-"
	}
	return strings.ReplaceAll(text, string(softHyphen), "")
}

package report

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/job"
)

// Storyboard shows rows before they are paid for: the document of `preview --json`, and what
// preview.html shows.
type Storyboard struct {
	Campaign string     `json:"campaign"`
	Test     bool       `json:"test"` // on the simulator: nothing would be paid
	Rows     []StoryRow `json:"rows"`

	At      time.Time `json:"-"` // when it was made
	Source  string    `json:"-"` // the sheet, as people know it
	Service string    `json:"-"` // as its vendor writes it
	Run     string    `json:"-"` // the command that sends the rows
}

// StoryRow is one row as it would be seen.
type StoryRow struct {
	Key         string       `json:"key"`
	Row         int          `json:"row"`
	Why         []string     `json:"why"`         // it was chosen; empty for a row that was asked for
	Fingerprint string       `json:"fingerprint"` // of what would be bought; empty where the row is not sent
	Cost        *Cost        `json:"cost"`        // null where the row is not sent
	Canvas      Canvas       `json:"canvas"`
	Scenes      []StoryScene `json:"scenes"`
	Fits        []StoryFit   `json:"fits"`
	Spoken      []Saying     `json:"spoken"` // values that are spoken otherwise than they are written
	Problems    []StoryNote  `json:"problems"`
	Steps       []StoryStep  `json:"steps"` // that are still to be made before the row's own, in their order

	Fields []Field    `json:"-"` // of a request without scenes
	Action string     `json:"-"` // what a run would do with the row
	Lasts  job.Length `json:"-"` // the length that the price is for
}

// StoryStep is a step that is made before a row's own.
type StoryStep struct {
	Name      string `json:"step"`
	Operation string `json:"operation"`
	Rows      int    `json:"rows"` // of the sheet that it is made for
	Cost      *Cost  `json:"cost"`

	Fields []Field `json:"-"` // of its request
}

// Says is whom the step is for, and what it costs, in words.
func (s StoryStep) Says() string {
	text := "made first, for this row alone"
	if s.Rows > 1 {
		text = "made first, once for " + wording.Plural(s.Rows, "row")
	}
	if s.Cost == nil || s.Cost.Likely == nil {
		return text + "; what it costs is not known"
	}
	return text + "; " + price(*s.Cost).Figure
}

// Canvas is the size of a video, in pixels.
type Canvas struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// StoryScene is one scene. Its times are seconds, and null where they are not known.
type StoryScene struct {
	Number   int       `json:"scene"`
	Name     string    `json:"name"`
	Start    *float64  `json:"start"`
	Low      *float64  `json:"low"`
	Likely   *float64  `json:"likely"`
	High     *float64  `json:"high"`
	Script   string    `json:"script"`
	Elements []Element `json:"elements"`

	Cut    bool     `json:"-"` // some of the speech is cut
	Hidden int      `json:"-"` // tracks that are too many to be drawn
	Said   []Speech `json:"-"` // what is spoken, in the order of the tracks
}

// Speech is what one track says, in seconds from the start of its scene.
type Speech struct {
	Text     string
	Language string // "" where it is not known
	From     float64
	Until    float64
}

// Label says how true the picture of an element is.
type Label string

// The labels. Place, size and rotation are exact wherever the payload states them.
const (
	Exact    Label = "exact"     // it looks like this
	Likely   Label = "likely"    // it is estimated
	StandIn  Label = "stand-in"  // something stands for what only the service can draw
	NotShown Label = "not shown" // it is not seen, or what it is is not known
)

// Element is a track in its place: pixels of the video, degrees around its middle.
type Element struct {
	Kind     string  `json:"kind"`
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Width    float64 `json:"width"`
	Height   float64 `json:"height"`
	Rotation float64 `json:"rotation"`
	Z        int     `json:"z"` // the lower, the further behind
	Label    Label   `json:"label"`

	Says     string `json:"-"` // who or what it shows
	Picture  string `json:"-"` // a data URL
	Lines    []Line `json:"-"` // of a text
	Mirrored bool   `json:"-"` // an actor who looks the other way
	Whole    bool   `json:"-"` // an actor from head to foot

	From  *float64 `json:"-"` // seconds of its scene from which it is seen; nil: not known
	Until *float64 `json:"-"`
}

// Line is a line of a text, at its baseline.
type Line struct {
	Text string
	Y    float64
	Size float64 // of the font
}

// Lines places lines one below the other.
func Lines(texts []string, size, lineHeight float64) (lines []Line) {
	for i, text := range texts {
		lines = append(lines, Line{Text: wording.Clean(text), Size: size, Y: (float64(i)+0.5)*size*lineHeight + 0.35*size})
	}
	return lines
}

// StoryFit is how a text fits into a box: fits, wide, tall or unknown.
type StoryFit struct {
	Box        string  `json:"box"`
	Verdict    string  `json:"verdict"`
	LinesOver  int     `json:"lines_over"`
	PixelsOver float64 `json:"pixels_over"`
}

// Saying is a value that is spoken otherwise than it is written: the script has the one, and
// the screen the other.
type Saying struct {
	Variable string `json:"variable"`
	Written  string `json:"written"`
	Spoken   string `json:"spoken"`
}

// StoryNote is a problem of a row.
type StoryNote struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
}

// Field is a value of a request. Its picture is a data URL, "" for a value that is none.
type Field struct{ Name, Value, Picture string }

// Inline is the picture, which this program has made itself.
func (f Field) Inline() template.URL { return inline(f.Picture) }

// storyPage is what the page shows beside the document.
type storyPage struct {
	Storyboard
	Shown []shownRow
}

type shownRow struct {
	StoryRow
	Title         string
	Price, Length said
	Bars          []stretch
	Total         float64
	Reasons       []string // why it was chosen, beyond its problems
}

// said is a figure, and what is to be known of it.
type said struct{ Figure, About string }

// stretch is a scene on the line of time, in seconds.
type stretch struct {
	Number       int
	Start, Width float64
	Low, High    float64 // ends of the whisker
	Whisker      bool
	Says         string
}

// WriteHTML writes the storyboard as one page that needs nothing else: no script, no
// network, no other file.
func (s Storyboard) WriteHTML(w io.Writer) error { return s.fill(w, execute) }

// WriteBody writes what the page of [Storyboard.WriteHTML] shows, for a page that has a head
// and the [StyleSheet] itself.
func (s Storyboard) WriteBody(w io.Writer) error { return s.fill(w, executeBody) }

func (s Storyboard) fill(w io.Writer, execute filling) error {
	page := storyPage{Storyboard: s}
	for _, r := range s.Rows {
		page.Shown = append(page.Shown, shownOf(r))
	}
	return execute(w, "storyboard.html", page)
}

func shownOf(r StoryRow) shownRow {
	row := shownRow{StoryRow: r, Title: r.Key, Length: said{"not known", "how long it lasts"}, Price: said{"not sent", "so it costs nothing"}}
	if r.Key == "" {
		row.Title = fmt.Sprintf("Row %d", r.Row)
	}
	if r.Cost != nil {
		row.Price = price(*r.Cost)
	}
	for _, why := range r.Why {
		if !slices.ContainsFunc(r.Problems, func(p StoryNote) bool { return why == p.Code+": "+p.Message }) {
			row.Reasons = append(row.Reasons, why)
		}
	}
	switch all, known := row.line(); {
	case r.Lasts.Known():
		row.Length = lasting(r.Lasts.Low.Seconds(), r.Lasts.Likely.Seconds(), r.Lasts.High.Seconds())
	case known:
		row.Length = lasting(all[0], all[1], all[2])
	}
	return row
}

// line puts the scenes on the line of time, and returns how long they last together: at
// least, likely, at most. Nothing is drawn where one of them is not known.
func (r *shownRow) line() (all [3]float64, known bool) {
	var bars []stretch
	for _, s := range r.Scenes {
		if s.Likely == nil {
			return all, false
		}
		b := stretch{Number: s.Number, Start: all[1], Width: *s.Likely, Low: all[1] + *s.Low, High: all[1] + *s.High, Whisker: *s.High > *s.Low, Says: s.Span()}
		bars = append(bars, b)
		for i, seconds := range []float64{*s.Low, *s.Likely, *s.High} {
			all[i] += seconds
		}
		r.Total = max(r.Total, b.High)
	}
	r.Bars = bars
	return all, len(bars) > 0
}

// price is what a row costs, in words.
func price(c Cost) said {
	if c.Likely == nil {
		return said{"not known", "what it costs"}
	}
	text := said{c.Likely.In(c.Unit), "is its price"}
	if c.High != nil && *c.High != *c.Likely {
		text.About = "at most " + c.High.Up().In(c.Unit)
	}
	if c.Money != nil {
		text.About = "about " + c.Money.Likely.Money(c.Money.Currency) + ", " + text.About
	}
	return text
}

// Span is how long a scene lasts, in words.
func (s StoryScene) Span() string {
	if s.Likely == nil {
		return "its length is not known"
	}
	long := lasting(*s.Low, *s.Likely, *s.High)
	if *s.High-*s.Low < certain {
		return long.Figure
	}
	return fmt.Sprintf("likely %s, %.1f to %.1f s", long.Figure, *s.Low, *s.High)
}

// certain is how far two lengths are apart that are one, in seconds.
const certain = 0.05

// lasting is a length in seconds, with its interval where it has one.
func lasting(low, likely, high float64) said {
	if high-low < certain {
		return said{fmt.Sprintf("%.1f s", likely), "long"}
	}
	return said{fmt.Sprintf("%.1f s", likely), fmt.Sprintf("likely; %.1f to %.1f s", low, high)}
}

// Turn is the element's rotation, around its middle.
func (e Element) Turn() string {
	return fmt.Sprintf("rotate(%g %g %g)", e.Rotation, e.MiddleX(), e.MiddleY())
}

// MiddleX is where the middle of the element is, from the left.
func (e Element) MiddleX() float64 { return e.X + e.Width/2 }

// MiddleY is where the middle of the element is, from the top.
func (e Element) MiddleY() float64 { return e.Y + e.Height/2 }

// At is the baseline of a line of the element.
func (e Element) At(l Line) float64 { return e.Y + l.Y }

// Lettering is the size of letters that name the element in its place: all of the name is
// to be seen, and none is larger than the elements around it.
func (e Element) Lettering() float64 {
	letters := max(8, float64(len([]rune(e.Name()))))
	return min(56, max(10, min(e.Width*1.6/letters, e.Height/6)))
}

// Naming is the baseline of the element's name, below its upper edge: what stands in front of
// it covers the middle more often.
func (e Element) Naming() float64 { return e.Y + 1.3*e.Lettering() }

// Cross is drawn where something is that cannot be drawn.
func (e Element) Cross() string {
	return fmt.Sprintf("M%g %gl%g %gm0 %gl%g %g", e.X, e.Y, e.Width, e.Height, -e.Height, -e.Width, e.Height)
}

// Standing puts a person of 100 × 100 on the ground of the element.
func (e Element) Standing() string {
	scale := min(e.Width, e.Height) / 100
	x, y, across := e.MiddleX()-50*scale, e.Y+e.Height-100*scale, scale
	if e.Mirrored {
		x, across = x+100*scale, -scale
	}
	return fmt.Sprintf("matrix(%g 0 0 %g %g %g)", across, scale, x, y)
}

// Inline is the element's picture, which this program has made itself.
func (e Element) Inline() template.URL { return inline(e.Picture) }

func inline(picture string) template.URL {
	if !strings.HasPrefix(picture, "data:image/jpeg;base64,") {
		return ""
	}
	return template.URL(picture) //nolint:gosec // G203: the bytes were encoded by this program, see the prefix
}

// Name is what the element is, for people who do not see it.
func (e Element) Name() string {
	name := strings.TrimSpace(e.Kind + " " + e.Says)
	return Shorten(name, 80)
}

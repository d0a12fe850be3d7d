package speech

// Content is what there is to say in a text, in parts that can be put together: what
// stands at the end of one text makes a pause only when another text follows.
type Content struct {
	Letters float64 // of the language, of the words as they are spoken, without spaces
	Foreign float64 // of them, those in another script than the language's
	Spaces  int     // between words
	Dots    int     // of addresses, which are read as a word
	Commas  int     // short pauses between words
	Ends    int     // pauses between sentences
	Asked   float64 // seconds of silence that markup asks for

	sounds        bool
	before, after gap
	first         opening
	number        int // digits of the number that the text ends with, 0 for none
}

// gap is what stands between two sounds. A run of marks is one pause, the longest of them.
type gap struct {
	pause pause
	space bool
	dot   bool // nothing but one full stop
}

// opening is what the beginning of a text means behind a number.
type opening struct {
	unit    float64 // letters that it is longer when it is a unit
	ordinal bool    // a full stop that makes the number an ordinal
}

type pause uint8

const (
	noPause pause = iota
	comma
	sentence
)

// ordinalLetters is how much longer "fifth" is than "five".
const ordinalLetters = 2

func (g gap) and(h gap) gap {
	both := gap{pause: max(g.pause, h.pause), space: g.space || h.space}
	both.dot = g.dot && h == gap{} || h.dot && g == gap{}
	return both
}

// Sounds reports whether anything is said at all.
func (c *Content) Sounds() bool { return c.sounds }

// Add puts another text behind what there is.
func (c *Content) Add(d *Content) {
	if c.number > 0 && c.after == (gap{}) && d.first != (opening{}) {
		next := d.behind(c.number)
		d = &next
	}
	between := c.after.and(d.before)
	switch {
	case c.sounds && d.sounds:
		c.join(between)
		c.after, c.number = d.after, d.number
	case d.sounds:
		c.before, c.sounds, c.after, c.number = between, true, d.after, d.number
	case d.after != (gap{}):
		c.after, c.number = c.after.and(d.after), 0
	}
	c.Letters, c.Foreign, c.Asked = c.Letters+d.Letters, c.Foreign+d.Foreign, c.Asked+d.Asked
	c.Spaces, c.Dots, c.Commas, c.Ends = c.Spaces+d.Spaces, c.Dots+d.Dots, c.Commas+d.Commas, c.Ends+d.Ends
}

// behind is a text that follows a number of so many digits.
func (c *Content) behind(digits int) Content {
	d := *c
	d.Letters += d.first.unit
	if d.first.ordinal && digits <= 2 {
		d.Letters += ordinalLetters
		if d.sounds {
			d.before = gap{space: true}
		} else {
			d.after = gap{space: true}
		}
	}
	return d
}

// join counts what stands between two texts. A full stop with nothing else is that of an
// address.
func (c *Content) join(g gap) {
	if g.dot {
		c.Dots++
		return
	}
	c.pass(g)
}

// pass counts what stands between two sounds.
func (c *Content) pass(g gap) {
	switch g.pause {
	case comma:
		c.Commas++
	case sentence:
		c.Ends++
	case noPause:
	}
	if g.space {
		c.Spaces++
	}
}

// sound adds letters that are spoken.
func (c *Content) sound(letters float64) {
	if c.sounds {
		c.pass(c.after)
	} else {
		c.before, c.sounds = c.after, true
	}
	c.after, c.number = gap{}, 0
	c.Letters += letters
}

// rest adds what stands between sounds.
func (c *Content) rest(p pause) { c.after = c.after.and(gap{pause: p}) }

// dot adds a full stop.
func (c *Content) dot(p pause) {
	c.after = c.after.and(gap{pause: p, dot: p == sentence})
}

func (c *Content) space() { c.after = c.after.and(gap{space: true}) }

// letters is how many letters the content takes with the spaces between its words and the
// dots of addresses.
func (s *Speaker) letters(c *Content) float64 {
	return c.Letters + float64(c.Spaces)*s.language.space() + float64(c.Dots)*s.numerals.point
}

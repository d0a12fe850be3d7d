package speech

// Content counts the sounds and pauses of a text. Counts can be added up, so that the fixed
// parts of a template are measured only once. The end of a text makes a pause only when
// another text follows.
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

// gap is the space between two sounds. A run of marks makes one pause, as long as the
// longest of them.
type gap struct {
	pause pause
	space bool
	dot   bool // nothing but one full stop
}

// opening tells how a text is read behind a number.
type opening struct {
	unit    float64 // letters that it is longer when it is a unit
	ordinal bool    // a full stop that makes the number an ordinal
}

// pause is a length of silence. A longer one has a higher value, so that max joins two.
type pause uint8

const (
	noPause pause = iota
	comma
	sentence
)

// ordinalLetters is how much longer "fifth" is than "five".
const ordinalLetters = 2

// and joins two gaps into one.
func (g gap) and(h gap) gap {
	both := gap{pause: max(g.pause, h.pause), space: g.space || h.space}
	both.dot = g.dot && h == gap{} || h.dot && g == gap{}
	return both
}

// Sounds reports whether the voice says anything at all.
func (c *Content) Sounds() bool { return c.sounds }

// Add puts another text behind this one.
func (c *Content) Add(d *Content) {
	// A number at the end and a unit at the start are read as one: "5" and "kg".
	if c.number > 0 && c.after == (gap{}) && d.first != (opening{}) {
		next := d.behind(c.number)
		d = &next
	}
	// The marks at the end of one text and at the start of the next make one pause.
	between := c.after.and(d.before)
	switch {
	case c.sounds && d.sounds:
		c.join(between)
		c.after = d.after
		c.number = d.number
	case d.sounds:
		c.before = between
		c.sounds = true
		c.after = d.after
		c.number = d.number
	// A text without sounds only makes the gap at the end longer.
	case d.after != (gap{}):
		c.after = c.after.and(d.after)
		c.number = 0
	}
	c.Letters += d.Letters
	c.Foreign += d.Foreign
	c.Asked += d.Asked
	c.Spaces += d.Spaces
	c.Dots += d.Dots
	c.Commas += d.Commas
	c.Ends += d.Ends
}

// behind returns the text as it is read behind a number of so many digits.
func (c *Content) behind(digits int) Content {
	d := *c
	d.Letters += d.first.unit
	// "5. May" is the fifth of May, but "1990. May" ends a sentence. The full stop of an
	// ordinal makes no pause.
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

// join counts the gap between two texts. A full stop without a space belongs to an address.
func (c *Content) join(g gap) {
	if g.dot {
		c.Dots++
		return
	}
	c.pass(g)
}

// pass counts the gap between two sounds.
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

// sound adds spoken letters. The gap in front of them counts only now, since a gap at the
// end of a text may never be heard.
func (c *Content) sound(letters float64) {
	if c.sounds {
		c.pass(c.after)
	} else {
		c.before = c.after
		c.sounds = true
	}
	c.after = gap{}
	c.number = 0
	c.Letters += letters
}

// rest adds a pause after the last sound.
func (c *Content) rest(p pause) { c.after = c.after.and(gap{pause: p}) }

// dot adds a full stop.
func (c *Content) dot(p pause) {
	c.after = c.after.and(gap{pause: p, dot: p == sentence})
}

// space adds a space between words.
func (c *Content) space() { c.after = c.after.and(gap{space: true}) }

// letters returns the letters of the content, with the spaces between words and the dots of
// addresses.
func (s *Speaker) letters(c *Content) float64 {
	return c.Letters + float64(c.Spaces)*s.language.space() + float64(c.Dots)*s.numerals.point
}

package speech

// Phrase is a measured text that is put behind many others, such as a name that stands in
// many rows. It keeps its sounds one by one: a sum of floats depends on their order, and a
// phrase must bring the very sum that the text itself brings.
type Phrase struct {
	Known bool // it was measured

	content          Content // of the text alone
	letters, foreign []float64
}

// Forget makes the phrase one of another text, and keeps its memory.
func (p *Phrase) Forget() { p.Known = false }

// Phrase measures a text for [Content.Say].
func (s *Speaker) Phrase(p *Phrase, text string, part bool) {
	*p = Phrase{Known: true, letters: p.letters[:0], foreign: p.foreign[:0]}
	text, p.content.Asked = plain(text)
	m := meter{language: s.language, numerals: s.numerals, s: text, part: part, c: &p.content, phrase: p}
	m.opens()
	m.all()
}

// Say puts a phrase behind the content, as [Speaker.Append] puts its text.
func (c *Content) Say(p *Phrase) {
	d := &p.content
	// Only these ends change how the next text is read.
	if c.number > 0 || c.after.dot {
		c.Add(d)
		return
	}
	c.Asked += d.Asked
	if !d.sounds {
		c.after = c.after.and(d.after)
		return
	}
	if between := c.after.and(d.before); c.sounds {
		c.pass(between)
	} else {
		c.before = between
		c.sounds = true
	}
	c.after, c.number = d.after, d.number
	for _, letters := range p.letters {
		c.Letters += letters
	}
	for _, letters := range p.foreign {
		c.Foreign += letters
	}
	c.Spaces += d.Spaces
	c.Dots += d.Dots
	c.Commas += d.Commas
	c.Ends += d.Ends
}

package scenes

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// timing is the solver of one template. Everything that is the same for all rows is
// solved when it is made, so that a row costs only the scenes that it changes.
type timing struct {
	t       *templates.Template
	fixed   templates.Interval  // sum of the scenes that no row changes
	made    templates.Breakdown // of their likely lengths
	fit     templates.Fit       // the tightest of them
	varying []varying
	scenes  []scene
}

// varying is a scene that a row changes: only its speech, or also its times.
type varying struct {
	scene      *scene
	structural bool
}

// newTiming checks the timing rules, and solves the scenes that do not depend on a row.
func newTiming(t *templates.Template, c *templates.Findings) *timing {
	g := &timing{t: t, fixed: templates.Interval{Known: true}}
	r := &sceneReader{t: t}
	g.scenes = r.scenes()
	placeSpoken(g.scenes)
	checkCanvas(t, g.scenes, c)
	checkBlends(t, g.scenes, c)
	checkOpenness(t, g.scenes, c)
	for i := range g.scenes {
		g.settle(&g.scenes[i], c)
	}
	if len(g.scenes) == 0 {
		g.fixed.Known = false
	}
	return g
}

// placeSpoken gives each variable that is spoken a place of its own, by which its phrases are
// remembered.
func placeSpoken(all []scene) {
	places := 0
	for i := range all {
		for j := range all[i].tracks {
			for k := range all[i].tracks[j].script {
				if p := &all[i].tracks[j].script[k]; p.variable >= 0 {
					p.place = places
					places++
				}
			}
		}
	}
}

// settle solves a scene now if no row changes it, or keeps it for the rows.
func (g *timing) settle(s *scene, c *templates.Findings) {
	structural := s.structural()
	if !structural {
		record(c, s.structure())
	}
	if structural || s.speechDepends() {
		g.varying = append(g.varying, varying{scene: s, structural: structural})
		return
	}
	o := outcome{s: s}
	o.solve(nil)
	record(c, o.found)
	g.fixed = g.fixed.Plus(o.length)
	o.breakDown(&g.made)
	g.fit = tighter(g.fit, o.fit)
}

// record adds findings to those of the template.
func record(c *templates.Findings, found []finding) {
	for _, f := range found {
		c.Add(f.node, f.Problem)
	}
}

// Row estimates the video of the row whose values are in out, and adds the problems that
// the row causes. The lengths of scenes are summed by COL-T21. How much time a fade takes
// away is not documented, so the sum is an upper bound.
func (g *timing) Row(out *templates.Rendered) {
	total := g.fixed
	fit := g.fit
	out.Made.Set(&g.made)
	for _, v := range g.varying {
		o := outcome{s: v.scene}
		if v.structural {
			resolved := v.scene.with(out)
			o.s = resolved
			o.found = resolved.structure()
		}
		o.solve(out)
		for _, f := range o.found {
			out.Problems = append(out.Problems, g.t.Placed(f.node, f.Problem))
		}
		total = total.Plus(o.length)
		o.breakDown(&out.Made)
		fit = tighter(fit, o.fit)
	}
	out.Seconds = total
	out.Tightest = fit
}

// with returns a copy of the scene with a row's values in its times. A member whose
// variable is optional and empty is left out, as it is in the body that is sent.
func (s *scene) with(out *templates.Rendered) *scene {
	c := *s
	c.tracks = append([]track(nil), s.tracks...)
	for _, m := range c.moments() {
		if m.variable < 0 {
			continue
		}
		m.word = out.Values()[m.variable]
		f, err := strconv.ParseFloat(strings.TrimSpace(out.JSON(m.variable)), 64)
		m.ms = f
		m.good = err == nil
		if m.word == "" {
			m.node = nil
		}
	}
	return &c
}

// outcome is a solved scene.
type outcome struct {
	s      *scene
	length templates.Interval
	fit    templates.Fit
	found  []finding

	speaker *speech.Speaker // the voice whose speech decides the length; nil when something else does
	parts   speech.Parts
}

// solve finds the scene's length, and the speech that is cut off (COL-T16, COL-T17).
// row is nil for a scene that no row changes.
func (o *outcome) solve(row *templates.Rendered) {
	rule, lead := o.s.rule()
	switch {
	case rule == byDuration && o.s.duration.good:
		o.length = exactly(o.s.duration.ms / 1000)
	case lead >= 0 && o.s.tracks[lead].saysItsLength():
		t := &o.s.tracks[lead]
		if t.voice >= 0 {
			t = t.spokenBy(row)
		}
		e := t.speech(row)
		o.speaker = &t.speaker
		o.parts = e.Parts
		o.length = known(e.Track)
	case lead >= 0:
		o.length = o.s.tracks[lead].own(row)
	}
	for i := range o.s.tracks {
		o.track(i, lead, row)
	}
}

// saysItsLength reports whether the track is an actor's that lasts as long as its speech.
func (t *track) saysItsLength() bool { return t.speaks && t.standard() }

// own returns the length that a track has by itself, in isolation from its scene. It is
// unknown for a video file, whose length is not measured here.
func (t *track) own(row *templates.Rendered) templates.Interval {
	switch {
	case t.explicit() && t.duration.good:
		return exactly(t.duration.ms / 1000)
	case t.saysItsLength():
		return known(t.speech(row).Track)
	}
	return templates.Interval{}
}

// speech estimates how long a track speaks with a row's values. Values are added to the
// measured pieces first, and the estimate is made of the whole text.
func (t *track) speech(row *templates.Rendered) speech.Estimate {
	if t.voice >= 0 {
		s := t.spokenBy(row)
		return s.speech(row)
	}
	var total speech.Content
	for i := range t.script {
		p := &t.script[i]
		if p.variable < 0 {
			total.Add(&p.content)
			continue
		}
		t.say(&total, p, row)
	}
	return t.speaker.Estimate(total)
}

// say puts a row's value behind what is said so far. A value that the voice of the document
// has said before is not measured again.
func (t *track) say(total *speech.Content, p *piece, row *templates.Rendered) {
	text := row.Spoken()[p.variable]
	var phrase *speech.Phrase
	if p.place >= 0 {
		phrase = row.Phrase(p.variable, p.place)
	}
	if phrase == nil {
		t.speaker.Append(total, text, t.small)
		return
	}
	if !phrase.Known {
		t.speaker.Phrase(phrase, text, t.small)
	}
	total.Say(phrase)
}

// spokenBy returns a copy of the track with the voice that a row names. Its fixed text is
// measured again, because pace and language belong to the voice.
func (t *track) spokenBy(row *templates.Rendered) *track {
	s := *t
	s.asked.Voice = row.Spoken()[t.voice]
	s.voice = -1
	s.speaker = speech.NewSpeaker(s.asked)
	s.script = append([]piece(nil), t.script...)
	for i := range s.script {
		s.script[i].content = s.measure(&s.speaker, s.script[i].text)
		s.script[i].place = -1
	}
	return &s
}

// known turns an estimate of speech into an interval of a length.
func known(i speech.Interval) templates.Interval {
	return templates.Interval{Low: i.Low, Likely: i.Likely, High: i.High, Known: true}
}

// track warns of a track that ends after its scene, where only the solved length shows
// it. A scene with a duration is checked by [ruling.insideDuration].
func (o *outcome) track(i, lead int, row *templates.Rendered) {
	t := &o.s.tracks[i]
	if t.speaks {
		o.speaking(t, i == lead, row)
		return
	}
	if i != lead && o.s.duration.node == nil && t.explicit() && t.duration.good && o.length.Known {
		if over := (t.start.ms+t.duration.ms)/1000 - o.length.Likely; over > 0 {
			o.warn(t, "COL-T16", fmt.Sprintf("%s ends about %s after the scene and is cut", t.title(), seconds(over)), "shorten the track, or let the scene take its length from it")
		}
	}
}

// speaking compares the length of a speech with the room that it has.
func (o *outcome) speaking(t *track, leads bool, row *templates.Rendered) {
	room, limited := o.room(t, leads)
	shown := t.explicit() && t.duration.good
	if !limited && !shown {
		return // no length would be too long
	}
	e := t.speech(row)
	if limited {
		slack := room - e.Words.Likely
		o.fit = tighter(o.fit, templates.Fit{Scene: o.s.index, Name: o.s.name, Slack: slack, Known: true})
		if slack < 0 {
			o.warn(t, "COL-T16", fmt.Sprintf("the speech takes about %s and there is room for %s: about %s of it is cut", seconds(e.Words.Likely), seconds(room), seconds(-slack)), o.cure(t))
		}
	}
	if shown && e.Track.High < t.duration.ms/1000 {
		o.warn(t, "COL-T17", fmt.Sprintf("the speech ends after about %s, and the track disappears then, not after %s", seconds(e.Words.Likely), seconds(t.duration.ms/1000)), "shorten the duration, or leave it out")
	}
}

// room returns how many seconds a track may speak before it is cut off; limited is false
// for a track that makes its scene as long as itself.
func (o *outcome) room(t *track, leads bool) (room float64, limited bool) {
	if leads && t.standard() {
		return 0, false // COL-T18 speaks about gaps on such a track
	}
	if o.length.Known && !leads {
		room = o.length.Likely - (t.start.ms+t.end.ms)/1000
		limited = true
	}
	if t.explicit() && t.duration.good && (!limited || t.duration.ms/1000 < room) {
		room = t.duration.ms / 1000
		limited = true
	}
	return room, limited
}

// cure says how to avoid the cut, for a text of a row or of the template.
func (o *outcome) cure(t *track) string {
	if t.speechDepends() {
		return "shorten the value, or let the scene refer to the actor's track instead of giving a duration"
	}
	return "shorten the script, or let the scene refer to the actor's track instead of giving a duration"
}

func (o *outcome) warn(t *track, code, message, hint string) {
	o.found = append(o.found, finding{t.node, problem.Problem{Severity: problem.Warning, Code: code, Message: o.s.title() + ": " + message, Hint: hint}})
}

// exactly is the interval of a length that is known for certain.
func exactly(s float64) templates.Interval {
	return templates.Interval{Low: s, Likely: s, High: s, Known: true}
}

// tighter returns the fit that leaves less room.
func tighter(a, b templates.Fit) templates.Fit {
	if !a.Known || b.Known && b.Slack < a.Slack {
		return b
	}
	return a
}

// breakDown adds the parts of the scene's likely length.
func (o *outcome) breakDown(b *templates.Breakdown) {
	if o.speaker == nil {
		b.Fixed += o.length.Likely
		return
	}
	b.Add(templates.Spoken{Voice: o.speaker.Voice(), Language: o.speaker.Language(), Basis: o.speaker.Known(), Tracks: 1, Parts: o.parts})
}

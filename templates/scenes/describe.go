package scenes

import "github.com/reelmerge/reelmerge/templates"

// Scenes describes the scenes for the row whose values are in out.
func (g *timing) Scenes(out *templates.Rendered) []templates.SceneNote {
	notes := make([]templates.SceneNote, len(g.scenes))
	for i := range g.scenes {
		notes[i] = g.scenes[i].note(out)
	}
	return notes
}

// note solves the scene for the row and writes the solution down.
func (s *scene) note(out *templates.Rendered) templates.SceneNote {
	n := templates.SceneNote{Scene: s.index + 1, Name: s.name, Varies: s.structural() || s.speechDepends(), Tracks: []templates.TrackNote{}}
	if s.structural() {
		s = s.with(out)
	}
	o := outcome{s: s}
	o.solve(out)
	rule, lead := s.rule()
	n.Rule = string(rule)
	n.Seconds = o.length.Note()
	if o.fit.Known {
		n.Slack = &o.fit.Slack
	}
	for i := range s.tracks {
		start, end := s.tracks[i].span(o.length, out)
		n.Tracks = append(n.Tracks, templates.TrackNote{Track: i + 1, Type: s.tracks[i].kind, Rule: s.tracks[i].rule(), Leads: i == lead, Start: start.Note(), End: end.Note()})
	}
	return n
}

// rule names the rule by which a track gets its times.
func (t *track) rule() string {
	switch {
	case t.explicit():
		return "duration"
	case t.gapTimed():
		return "gaps"
	case t.standard():
		return "own length"
	}
	return "none"
}

// span returns the time from which and until which a track is seen, in seconds from the
// start of its scene. By COL-T12 a track with one gap is aligned with that end of the
// scene, and keeps its own length. A part beyond the scene is cut.
func (t *track) span(scene templates.Interval, row *templates.Rendered) (start, end templates.Interval) {
	own := t.own(row)
	start = exactly(t.start.ms / 1000)
	switch {
	case t.gapTimed(), own == templates.Interval{} && !t.fixed():
		end = minus(scene, exactly(t.end.ms/1000))
	case t.end.node != nil && t.start.node == nil:
		end = minus(scene, exactly(t.end.ms/1000))
		start = minus(end, own)
	default:
		end = start.Plus(own)
	}
	return inside(start, scene), inside(end, scene)
}

// minus subtracts one length from another. The low end of one belongs to the high end of
// the other, so the uncertainty of both is kept.
func minus(i, j templates.Interval) templates.Interval {
	if !i.Known || !j.Known {
		return templates.Interval{}
	}
	return templates.Interval{Low: i.Low - j.High, Likely: i.Likely - j.Likely, High: i.High - j.Low, Known: true}
}

// inside cuts a time to the scene, if the scene's length is known.
func inside(i, scene templates.Interval) templates.Interval {
	if !i.Known {
		return i
	}
	i.Low, i.Likely, i.High = max(i.Low, 0), max(i.Likely, 0), max(i.High, 0)
	if scene.Known {
		i.Low, i.Likely, i.High = min(i.Low, scene.Low), min(i.Likely, scene.Likely), min(i.High, scene.High)
	}
	return i
}

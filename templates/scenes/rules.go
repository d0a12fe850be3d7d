package scenes

import (
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// finding is a broken rule and the node to point at.
type finding struct {
	node *schema.Node
	problem.Problem
}

// ruling collects the rules that one scene breaks.
type ruling struct {
	s     *scene
	found []finding
}

// fail and warn add a finding whose message begins with the scene's title. An error keeps
// the rows from being sent; a warning does not.
func (r *ruling) fail(n *schema.Node, code, message, hint string) {
	r.found = append(r.found, finding{n, problem.Problem{Code: code, Message: r.in() + message, Hint: hint}})
}

func (r *ruling) warn(n *schema.Node, code, message, hint string) {
	r.found = append(r.found, finding{n, problem.Problem{Severity: problem.Warning, Code: code, Message: r.in() + message, Hint: hint}})
}

func (r *ruling) in() string { return r.s.title() + ": " }

// title names the scene as a person finds it in Studio.
func (s *scene) title() string {
	return templates.SceneNote{Scene: s.index + 1, Name: s.name}.Title()
}

// title names a track by its number and its type.
func (t *track) title() string {
	kind := t.kind
	if kind == "" {
		kind = "unnamed"
	}
	return fmt.Sprintf("track %d (%s)", t.index+1, kind)
}

// structure checks every rule that does not depend on the length of speech.
func (s *scene) structure() []finding {
	r := &ruling{s: s}
	r.numbers()
	r.references()
	r.length()
	for i := range s.tracks {
		r.track(&s.tracks[i])
	}
	r.insideDuration()
	return r.found
}

// numbers checks COL-T3: durations are positive numbers, gaps are not negative. Both are
// in milliseconds.
func (r *ruling) numbers() {
	r.positive(r.s.duration)
	for i := range r.s.tracks {
		t := &r.s.tracks[i]
		r.positive(t.duration)
		r.notNegative(t.start)
		r.notNegative(t.end)
	}
}

func (r *ruling) positive(m moment) {
	if m.node != nil && (!m.good || m.ms <= 0) {
		r.fail(m.node, "COL-T3", fmt.Sprintf("%q must be a number of milliseconds above 0", m.node.Key), "write 3000 for three seconds, without quotes")
	}
}

func (r *ruling) notNegative(m moment) {
	if m.node != nil && (!m.good || m.ms < 0) {
		r.fail(m.node, "COL-T3", fmt.Sprintf("%q must be a number of milliseconds, 0 or more", m.node.Key), "write 500 for half a second, without quotes")
	}
}

// references checks COL-T4, COL-T5 and COL-T11: the track from which a scene takes its
// length exists, is the only one of its name, and the scene has no duration besides.
func (r *ruling) references() {
	seen := make(map[string]bool)
	for i := range r.s.tracks {
		id := r.s.tracks[i].id
		if id.node == nil {
			continue
		}
		if seen[id.word] {
			r.fail(id.node, "COL-T5", fmt.Sprintf("the referenceId %q is used twice", id.word), "give each track of a scene its own referenceId")
		}
		seen[id.word] = true
	}
	ref := r.s.reference
	if ref.node != nil && !seen[ref.word] {
		r.fail(ref.node, "COL-T4", fmt.Sprintf("no track of this scene has the referenceId %q", ref.word), "write the referenceId of a track in the same scene")
	}
	if ref.node != nil && r.s.duration.node != nil {
		r.fail(ref.node, "COL-T11", "it has both a duration and a track it takes its length from", "remove one: without duration the scene lasts as long as the track")
	}
}

// length checks that exactly one thing decides the scene's length: COL-T1 and COL-T6 to
// COL-T9.
func (r *ruling) length() {
	rule, lead := r.s.rule()
	switch rule {
	case byReference:
		if lead >= 0 {
			r.leader(&r.s.tracks[lead])
		}
	case byNothing:
		r.lengthless()
	case byDuration, byOnlyTrack:
	}
}

// leader checks the track from which the scene takes its length. A track that takes its
// own length from the scene would close a circle.
func (r *ruling) leader(t *track) {
	if !t.fixed() && (t.documented() || t.gapTimed()) {
		r.fail(r.s.reference.node, "COL-T6", fmt.Sprintf("it takes its length from %s, which has no length of its own", t.title()), "refer to a video or an actor, or give the track a duration; an audio track has no length of its own here either")
	}
	if t.gapTimed() {
		r.fail(t.node, "COL-T8", fmt.Sprintf("%s is timed by gaps to the scene's ends, while the scene takes its length from it", t.title()), "remove startTimeGap or endTimeGap, or let the scene refer to another track")
	}
	if rule := t.start; t.fixed() && rule.node != nil && rule.good && rule.ms > 0 {
		r.warn(rule.node, "COL-T18", fmt.Sprintf("it is as long as %s, which starts %s later, so its end is cut off", t.title(), seconds(rule.ms/1000)), "remove the startTimeGap, or give the scene a duration")
	}
}

// lengthless says why a scene has no length. If a track's type is not documented, no
// error is reported: the track may have a length of its own.
func (r *ruling) lengthless() {
	fixed, gapped, unknown := 0, 0, 0
	for i := range r.s.tracks {
		switch t := &r.s.tracks[i]; {
		case t.fixed():
			fixed++
		case t.gapTimed():
			gapped++
		case !t.documented():
			unknown++
		}
	}
	const cure = "give the scene a duration, or an intrinsicDurationTrackReference to the track that shall decide"
	switch {
	case len(r.s.tracks) == 0:
		r.fail(r.s.node, "COL-T1", "it has no tracks and no duration, so nothing says how long it is", "give the scene a duration, or remove it")
	case fixed > 1:
		r.fail(r.s.node, "COL-T7", fmt.Sprintf("it has no duration, and %d tracks have a length of their own (%s), so none decides", fixed, r.fixedTitles()), cure+"; or time the others with startTimeGap: 0, endTimeGap: 0")
	case unknown > 0:
	case gapped > 0:
		r.fail(r.s.node, "COL-T9", "its tracks are timed by gaps to its ends, and nothing says how long it is", cure)
	default:
		r.fail(r.s.node, "COL-T7", "it has no duration, and no track has a length of its own", cure)
	}
}

// fixedTitles lists the tracks that have a length of their own, but not more than a
// message can hold.
func (r *ruling) fixedTitles() string {
	const enough = 4
	var titles []string
	for i := range r.s.tracks {
		if t := &r.s.tracks[i]; t.fixed() && len(titles) <= enough {
			titles = append(titles, t.title())
		}
	}
	if len(titles) > enough {
		titles[enough] = "…"
	}
	return strings.Join(titles, ", ")
}

// track checks the rules of a single track: COL-T2, COL-T10, COL-T22, COL-G3, COL-G17.
func (r *ruling) track(t *track) {
	if t.explicit() && t.start.node != nil && t.end.node != nil {
		r.fail(t.node, "COL-T10", fmt.Sprintf("%s has a duration and both gaps, which is one too many", t.title()), "remove the duration, or one of the gaps")
	}
	if !t.fixed() && !t.gapTimed() && t.documented() {
		r.unset(t)
	}
	if r.s.duration.node != nil && t.speechDepends() {
		r.warn(r.s.duration.node, "COL-T22", fmt.Sprintf("the scene has a fixed duration, while what %s says changes from row to row", t.title()), "let the scene refer to the actor's track instead, so that the speech is not cut off")
	}
	r.content(t)
}

// unset reports a track without any length. In a scene that has a length it is a warning:
// the track most likely lasts as long as the scene.
func (r *ruling) unset(t *track) {
	message := fmt.Sprintf("%s has no duration, no pair of gaps, and no length of its own", t.title())
	const cure = "add startTimeGap: 0 and endTimeGap: 0, so that it lasts as long as the scene"
	if rule, _ := r.s.rule(); rule == byNothing {
		r.fail(t.node, "COL-T2", message, cure+", and give the scene a length")
		return
	}
	r.warn(t.node, "COL-T2", message, cure)
}

// content checks that a video track has its video, and an actor's track one thing to say.
func (r *ruling) content(t *track) {
	if t.kind == kindVideo && t.media["videoUrl"] == nil {
		hint := "add videoUrl"
		if t.media["imageUrl"] != nil {
			hint = "rename imageUrl to videoUrl; the vendor's own timing sample has this mistake"
		}
		r.fail(t.node, "COL-G3", fmt.Sprintf("%s has no videoUrl", t.title()), hint)
	}
	if t.kind == kindActor && t.media["text"] != nil && t.media["audioUrl"] != nil {
		r.fail(t.media["audioUrl"], "COL-G17", fmt.Sprintf("%s has both a text and an audioUrl", t.title()), "remove one: nothing says which of them is spoken")
	}
}

// insideDuration checks COL-T13, COL-T14 and COL-T15: in a scene with a duration, tracks
// end before the scene does. If a gap is too long by itself, its sum with the others
// would only repeat the message.
func (r *ruling) insideDuration() {
	d := r.s.duration
	if d.node == nil || !d.good || d.ms <= 0 {
		return
	}
	for i := range r.s.tracks {
		t := &r.s.tracks[i]
		tooLong := r.gapInside(t.start, d.ms)
		tooLong = r.gapInside(t.end, d.ms) || tooLong
		if t.gapTimed() && !tooLong && t.start.ms+t.end.ms >= d.ms {
			r.fail(t.node, "COL-T13", fmt.Sprintf("the gaps of %s add up to %s, and the scene lasts %s, so nothing of it is seen", t.title(), seconds((t.start.ms+t.end.ms)/1000), seconds(d.ms/1000)), "shorten the gaps or lengthen the scene")
		}
		if t.explicit() && t.duration.good && !tooLong && t.start.ms+t.duration.ms > d.ms {
			r.warn(t.node, "COL-T15", fmt.Sprintf("%s ends %s after the scene and is cut", t.title(), seconds((t.start.ms+t.duration.ms-d.ms)/1000)), "shorten the track or lengthen the scene")
		}
	}
}

// gapInside reports a gap that leaves nothing of the scene; scene is its length in
// milliseconds.
func (r *ruling) gapInside(gap moment, scene float64) (tooLong bool) {
	if gap.node == nil || !gap.good || gap.ms < scene {
		return false
	}
	r.fail(gap.node, "COL-T14", fmt.Sprintf("%q is as long as the scene (%s) or longer", gap.node.Key, seconds(scene/1000)), "shorten the gap or lengthen the scene")
	return true
}

// seconds writes a length for a message.
func seconds(s float64) string {
	return fmt.Sprintf("%.1f s", s)
}

package scenes

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// scene is one scene of the video, reduced to the members that the timing rules need.
type scene struct {
	index     int
	node      *schema.Node
	name      string
	duration  moment
	reference moment // intrinsicDurationTrackReference; its text is in word
	tracks    []track
}

// track is one track of a scene.
type track struct {
	index    int
	node     *schema.Node
	kind     string // actor, video, image, or another type that Studio exports
	duration moment
	start    moment // startTimeGap
	end      moment // endTimeGap
	id       moment // referenceId; its text is in word
	script   []piece
	asked    speech.Asked // who speaks; without a voice where each row names it
	voice    int          // the variable that names the voice, -1 when the document does
	speaker  speech.Speaker
	small    bool // the fixed text has small letters
	speaks   bool // an actor that says its script, and plays no recording

	media map[string]*schema.Node // videoUrl, imageUrl, audioUrl, actor, text, sequentialBlendId
}

// moment is a member that decides about time: a number of milliseconds, or the name of a
// track. A row may supply it.
type moment struct {
	node     *schema.Node // nil when the member is absent
	ms       float64
	word     string
	good     bool // a number, or for names a text
	variable int  // -1 when the document itself says it
}

// piece is a stretch of a script: fixed text, or a variable.
type piece struct {
	text     string
	content  speech.Content // the fixed text, measured once for all rows
	variable int            // -1 for fixed text
	place    int            // of a variable among all that are spoken; -1 where the voice differs
}

// The kinds of tracks that have a length of their own, by COL-T19 and COL-T20: an actor's
// speech and a video.
const (
	kindActor = "actor"
	kindVideo = "video"
)

// documented reports whether Colossyan documents a track's type. Whether a track of
// another type has a length of its own cannot be known.
func (t *track) documented() bool {
	switch t.kind {
	case kindActor, kindVideo, "image", "text", "shape", "audio", "":
		return true
	}
	return false
}

// explicit, gapTimed, standard and fixed are the ways in which a track gets its length. A
// track with a duration is explicit. A track with both gaps is timed by them, from one
// end of the scene to the other.
func (t *track) explicit() bool { return t.duration.node != nil }

func (t *track) gapTimed() bool {
	return t.start.node != nil && t.end.node != nil && !t.explicit()
}

// standard reports whether a track lasts as long as its own content.
func (t *track) standard() bool {
	return !t.explicit() && !t.gapTimed() && (t.kind == kindActor || t.kind == kindVideo)
}

// fixed reports whether a track's length does not depend on its scene.
func (t *track) fixed() bool { return t.explicit() || t.standard() }

// speechDepends reports whether a row decides how long the track speaks.
func (t *track) speechDepends() bool {
	if t.voice >= 0 && len(t.script) > 0 {
		return true
	}
	for _, p := range t.script {
		if p.variable >= 0 {
			return true
		}
	}
	return false
}

// lengthRule is the way in which a scene gets its length.
type lengthRule string

// The three ways of COL-T1, and byNothing for a scene that has none of them.
const (
	byDuration  lengthRule = "duration"
	byReference lengthRule = "reference"
	byOnlyTrack lengthRule = "only track"
	byNothing   lengthRule = "nothing"
)

// rule returns the way that applies, and the index of the track that leads; lead is -1
// when none does. A scene without a duration and a reference takes the length of its only
// track with a length of its own.
func (s *scene) rule() (rule lengthRule, lead int) {
	switch {
	case s.duration.node != nil:
		return byDuration, -1
	case s.reference.node != nil:
		for i := range s.tracks {
			if s.tracks[i].id.node != nil && s.tracks[i].id.word == s.reference.word {
				return byReference, i
			}
		}
		return byReference, -1
	}
	lead, fixed := -1, 0
	for i := range s.tracks {
		if s.tracks[i].fixed() {
			lead, fixed = i, fixed+1
		}
	}
	if fixed != 1 {
		return byNothing, -1
	}
	return byOnlyTrack, lead
}

// moments lists the members of a scene that decide about its time.
func (s *scene) moments() []*moment {
	all := []*moment{&s.duration, &s.reference}
	for i := range s.tracks {
		t := &s.tracks[i]
		all = append(all, &t.duration, &t.start, &t.end, &t.id)
	}
	return all
}

// structural reports whether a row decides about the scene's times, not only about its
// texts. Then even the rules of [scene.structure] must be checked for each row.
func (s *scene) structural() bool {
	for _, m := range s.moments() {
		if m.variable >= 0 {
			return true
		}
	}
	return false
}

// speechDepends reports whether a row decides how long a track of the scene speaks.
func (s *scene) speechDepends() bool {
	for i := range s.tracks {
		if s.tracks[i].speechDepends() {
			return true
		}
	}
	return false
}

// sceneReader turns the document's scenes into those of the solver.
type sceneReader struct {
	t      *templates.Template
	sample string // all fixed text that is spoken, to guess the language from
}

// scenes reads all scenes. The spoken text of all of them is joined first: a language is
// guessed better from much text than from one short script.
func (r *sceneReader) scenes() []scene {
	var out []scene
	list := r.t.SceneNode().Member("scenes")
	if list == nil || list.Kind != schema.Array {
		return nil
	}
	r.sample = r.spoken(list)
	for i, n := range list.Children {
		out = append(out, r.scene(n, i))
	}
	return out
}

// spoken joins the fixed texts of all actors.
func (r *sceneReader) spoken(scenes *schema.Node) string {
	var b strings.Builder
	for _, s := range scenes.Children {
		for _, n := range elements(s.Member("tracks")) {
			if r.t.Text(n.Member("type")) == kindActor {
				b.WriteString(withoutPlaceholders(r.t.Text(n.Member("text"))) + " ")
			}
		}
	}
	return b.String()
}

// withoutPlaceholders removes the names of variables from a text: they are often English
// in a text of another language, and would mislead the guess.
func withoutPlaceholders(text string) string {
	var b strings.Builder
	done := 0
	for _, p := range templates.Placeholders([]byte(text)) {
		b.WriteString(text[done:p.Start])
		done = p.End
	}
	return b.String() + text[done:]
}

// elements returns the elements of an array, and none for any other node.
func elements(n *schema.Node) []*schema.Node {
	if n == nil || n.Kind != schema.Array {
		return nil
	}
	return n.Children
}

// scene and track read the members that matter here; all others are left to the schema.
func (r *sceneReader) scene(n *schema.Node, i int) scene {
	s := scene{index: i, node: n, name: r.t.Text(n.Member("name")),
		duration: r.number(n.Member("duration")), reference: r.word(n.Member("intrinsicDurationTrackReference"))}
	for j, tn := range elements(n.Member("tracks")) {
		s.tracks = append(s.tracks, r.track(tn, j))
	}
	return s
}

func (r *sceneReader) track(n *schema.Node, i int) track {
	t := track{voice: -1, index: i, node: n, kind: r.t.Text(n.Member("type")), media: make(map[string]*schema.Node),
		duration: r.number(n.Member("duration")), start: r.number(n.Member("startTimeGap")), end: r.number(n.Member("endTimeGap")), id: r.word(n.Member("referenceId"))}
	for _, name := range []string{"videoUrl", "imageUrl", "audioUrl", "actor", "text", "sequentialBlendId"} {
		if m := n.Member(name); m != nil {
			t.media[name] = m
		}
	}
	if t.kind == kindActor {
		r.voice(&t, n)
		t.speaks = len(t.script) > 0 && t.media["audioUrl"] == nil
	}
	return t
}

// voice reads which voice says which text on an actor's track. The fixed text is measured
// here, once; a row adds only its values.
func (r *sceneReader) voice(t *track, n *schema.Node) {
	text := n.Member("text")
	t.asked = speech.Asked{Voice: r.t.Text(n.Member("speakerId")), Language: r.t.Language, Text: withoutPlaceholders(r.t.Text(text)), Around: r.sample}
	if voice := n.Member("speakerId"); voice != nil && voice.Kind == schema.String {
		if t.voice = r.placeholder(voice); t.voice >= 0 {
			t.asked.Voice = ""
		}
	}
	t.speaker = speech.NewSpeaker(t.asked)
	t.script = r.script(text)
	t.small = strings.IndexFunc(t.asked.Text, unicode.IsLower) >= 0
	for i := range t.script {
		t.script[i].content = t.measure(&t.speaker, t.script[i].text)
	}
}

// measure measures a part of the script. In a script with small letters, a part in
// capitals is an abbreviation; in a script that is all in capitals, it is a usual text.
func (t *track) measure(s *speech.Speaker, text string) speech.Content {
	if t.small {
		return s.MeasurePart(text)
	}
	return s.Measure(text)
}

// number reads a member that holds milliseconds, or the placeholder for a row's value.
func (r *sceneReader) number(n *schema.Node) moment {
	m := moment{node: n, variable: -1}
	if n == nil {
		return m
	}
	if n.Kind == schema.String {
		m.variable = r.placeholder(n)
		return m
	}
	if n.Kind == schema.Number {
		f, err := strconv.ParseFloat(string(r.t.Raw(n)), 64)
		m.ms = f
		m.good = err == nil
	}
	return m
}

// word reads a member that holds a track's name, or the placeholder for a row's value.
func (r *sceneReader) word(n *schema.Node) moment {
	m := moment{node: n, variable: -1}
	if n != nil && n.Kind == schema.String {
		m.word = r.t.Text(n)
		m.good = true
		m.variable = r.placeholder(n)
	}
	return m
}

// placeholder returns the variable that is the whole text of a node, or -1. A saved
// template has none: the service replaces its placeholders, and its times are fixed.
func (r *sceneReader) placeholder(n *schema.Node) int {
	raw := r.t.Raw(n)
	found := templates.Placeholders(raw)
	if len(found) != 1 || found[0].Start != 1 || found[0].End != len(raw)-1 || r.t.ByName() {
		return -1
	}
	_, i := r.t.Variable(found[0].Name)
	return i
}

// script cuts a script at its variables into fixed pieces and variables.
func (r *sceneReader) script(n *schema.Node) []piece {
	if n == nil || n.Kind != schema.String {
		return nil
	}
	var out []piece
	raw := r.t.Raw(n)
	done := 1
	for _, p := range templates.Placeholders(raw) {
		_, i := r.t.Variable(p.Name)
		if p.Name == "" || i < 0 {
			continue
		}
		out = r.fixedPiece(out, raw[done:p.Start])
		out = append(out, piece{variable: i})
		done = p.End
	}
	return r.fixedPiece(out, raw[done:len(raw)-1])
}

// fixedPiece appends a piece of raw JSON text. It is decoded piece by piece, since a
// variable's place is known in the raw text only.
func (r *sceneReader) fixedPiece(out []piece, raw []byte) []piece {
	var text string
	if err := json.Unmarshal([]byte(`"`+string(raw)+`"`), &text); err != nil || text == "" {
		return out // cutting at braces leaves whole escapes, so only "" comes here
	}
	return append(out, piece{text: text, variable: -1})
}

// Package scenes knows templates whose scenes are those of Colossyan's Studio: which
// texts are spoken, how long each scene lasts, and where speech is cut off.
//
// There are two kinds of such templates. In a [Request] the scenes are part of the
// request, and values are put in place in them. In a [Saved] template the service keeps
// the scenes: the request names them and gives values by name. A saved template may have
// a copy of its scenes beside it, from which the length of its videos is estimated.
//
// scenes.go says what the two kinds are; scene.go reads the scenes; rules.go, canvas.go
// and openness.go check them; timing.go solves how long they last, and describe.go shows
// the solution to people.
//
// The timing rules carry the ids COL-T1 to COL-T24 and COL-G3, COL-G17; the rules of
// variables COL-V1 to COL-V12. They are taken from Colossyan's documentation of its API,
// and each is explained in the documentation of problems. Times are milliseconds in
// documents, as Colossyan has them, and seconds in estimates.
package scenes

import (
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// member is the member of a template, or of its request, that holds the scenes.
const member = "videoCreative"

// byName is the member of a request that takes values by name.
const byName = "dynamicVariables"

// Request returns the kind of templates whose request holds the scenes. An export of
// Studio as it is belongs to this kind.
func Request() templates.Document { return document{} }

// Saved returns the kind of templates whose scenes are saved at the service.
func Saved() templates.Document { return document{saved: true} }

// document is one of the two kinds.
type document struct{ saved bool }

// Form says where the parts of a template are. Placeholders of a saved template are not
// replaced here: the service gets the values by name, always as texts, and only those
// that are declared (COL-V4, COL-V6, COL-V10).
func (d document) Form() templates.Form {
	form := templates.Form{Scenes: member, Export: !d.saved,
		Codes: templates.Codes{Duplicate: "COL-V8", Placeholder: "COL-V2", Empty: "COL-V5", Braces: "COL-V7", Unspoken: "COL-V12"}}
	if d.saved {
		form.ByName = byName
	}
	return form
}

// Check refuses templates that lack a part their kind needs, and templates that already
// have values in them.
func (d document) Check(t *templates.Template, f *templates.Findings) bool {
	check := checkSent
	if d.saved {
		check = checkSaved
	}
	if !check(t, f) {
		return false
	}
	refuseValues(t, f)
	return true
}

// checkSent refuses scenes that stand beside the request: only those in it are sent, so
// the others would be ignored without a word.
func checkSent(t *templates.Template, f *templates.Findings) bool {
	beside := t.Root().Member(member)
	switch request := t.RequestNode(); {
	case request == t.Root() || beside == nil:
	case request == nil:
		f.At(beside, "TPL-SHAPE", "the scenes of a video job belong in request", `write "request": {"videoCreative": …}`)
		return false
	case request.Member(member) != nil:
		f.At(beside, "TPL-SHAPE", "the scenes are there twice: in videoCreative and in request.videoCreative", "keep the one in request, which is sent")
	}
	return true
}

// checkSaved refuses a template without the id of the saved one, and a template that does
// not say which variables the saved one has. Colossyan has no request that would tell.
func checkSaved(t *templates.Template, f *templates.Findings) bool {
	switch {
	case t.RequestNode().Member("templateJobId") == nil:
		f.At(t.Root(), "TPL-NO-ID", "the request has no templateJobId", "in Studio: Generate, Export to API, Save job as a template; copy the id")
		return false
	case !t.Declares() && t.SceneNode() == nil:
		f.At(t.Root(), "TPL-NO-VARIABLES", "nothing says which variables the saved template has: Colossyan does not tell", `add "variables", or "videoCreative" as Studio exports it`)
		return false
	}
	return true
}

// refuseValues refuses members that give values to variables: values come from rows only.
// Such a member inside videoCreative breaks COL-V11.
func refuseValues(t *templates.Template, f *templates.Findings) {
	const hint = "take it out: reelmerge fills in the values itself"
	if n := t.SceneNode().Member(byName); n != nil {
		f.At(n, "COL-V11", "dynamicVariables does not belong inside videoCreative", hint)
	}
	if n := t.RequestNode().Member(byName); n != nil {
		f.At(n, "TPL-DYNAMIC-VARIABLES", "the request has dynamicVariables of its own", hint)
	}
}

// Places knows scenes and their tracks.
func (d document) Places(t *templates.Template) templates.Places {
	return places{t: t, list: t.SceneNode().Member("scenes"), saved: d.saved}
}

// places finds the scene and the kind of track for each text.
type places struct {
	t     *templates.Template
	list  *schema.Node // of scenes
	saved bool
}

// Enter notes the scene and the kind of track of a node. A script, which is spoken, is
// the text of an actor's track. The texts of text elements are read.
func (p places) Enter(at templates.Spot, parent, child *schema.Node, i int) templates.Spot {
	switch {
	case p.list != nil && p.list == parent:
		at.Scene = i
	case parent.Key == "tracks" && at.Scene >= 0:
		at.Track = p.t.Text(child.Member("type"))
	}
	at.Script = at.Track == kindActor && child.Key == "text" && child.Kind == schema.String
	at.Words = at.Script || at.Track == "text"
	return at
}

// Check judges the place of a variable by COL-V3: Colossyan replaces placeholders in
// scripts and text elements only. Where the scenes are sent, reelmerge replaces them
// itself, and any place is allowed. A placeholder in an address or an id cannot work, so
// it is an error; elsewhere it is a warning.
func (p places) Check(variable string, n *schema.Node, at templates.Spot, f *templates.Findings) {
	if !p.saved || n.Key == "text" || at.Track == "text" {
		return
	}
	message := fmt.Sprintf("{%s} stands in %q, where Colossyan does not replace variables", variable, n.Key)
	switch n.Key {
	case "imageUrl", "videoUrl", "audioUrl", "actor", "speakerId", "templateJobId":
		f.At(n, "COL-V3", message, "use the operation colossyan/video-job, which fills in every field")
	default:
		f.Warn(n, "COL-V3", message, "use it in scripts and text elements only")
	}
}

// Leaves accepts violations of the request's schema that are no fault of the template, or
// that a numbered rule of this package reports with a better message.
func (d document) Leaves(t *templates.Template, v schema.Violation, n *schema.Node) bool {
	if n.Kind == schema.Null {
		return true // Studio exports null for members that are not set
	}
	field := v.Pointer[strings.LastIndexByte(v.Pointer, '/')+1:]
	switch field {
	case byName: // added by reelmerge, or refused by TPL-DYNAMIC-VARIABLES
		return true
	case "duration", "startTimeGap", "endTimeGap": // COL-T3
		return true
	case "width", "height": // COL-T24
		return v.Keyword != "required"
	case "videoUrl": // COL-G3
		return v.Keyword == "required"
	}
	isTrack := strings.Contains(t.Pointer(n), "/tracks/")
	return v.Keyword == "then" || v.Keyword == "not" && isTrack || v.Keyword == "allOf"
}

// Solver checks the scenes, and solves the part that does not depend on a row.
func (d document) Solver(t *templates.Template, f *templates.Findings) templates.Solver {
	if t.SceneNode() == nil {
		return nil
	}
	return newTiming(t, f)
}

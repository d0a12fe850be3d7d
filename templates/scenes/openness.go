package scenes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// checkOpenness warns once about types of tracks and fields that no document of Colossyan
// describes. They are sent as they are, since Studio exports more than is documented.
func checkOpenness(t *templates.Template, scenes []scene, c *templates.Findings) {
	u := &undocumented{}
	u.members(t.SceneNode(), "settings scenes dynamicVariables")
	u.members(t.SceneNode().Member("settings"), "name videoSize alphaChannel")
	for i := range scenes {
		u.members(scenes[i].node, "name duration intrinsicDurationTrackReference transition tracks")
		for j := range scenes[i].tracks {
			u.track(&scenes[i].tracks[j])
		}
	}
	if u.first != nil {
		c.Warn(u.first, "TPL-UNDOCUMENTED", quoted(u.names)+" is documented nowhere; it is sent as it is, and no rule of ours covers it", "make one video and look at it before the others")
	}
}

// undocumented collects unknown names: the first node, to point at, and a few names.
type undocumented struct {
	first *schema.Node
	names []string
}

// track checks the fields of one track against those documented for its type. Of text,
// shape and audio tracks only the names are documented, so all their fields pass.
func (u *undocumented) track(t *track) {
	const timed = "type position size rotation referenceId duration startTimeGap endTimeGap sequentialBlendId "
	switch t.kind {
	case kindActor:
		u.members(t.node, timed+"actor text speakerId audioUrl variant view removeBackground")
	case kindVideo, "image":
		u.members(t.node, timed+"videoUrl imageUrl removeBackground")
	default:
		if !t.documented() {
			u.add(t.node, t.kind)
		}
	}
}

// members notes the members of an object that are missing in a list of known names.
func (u *undocumented) members(n *schema.Node, known string) {
	if n == nil {
		return
	}
	names := strings.Fields(known)
	for _, m := range n.Children {
		if !slices.Contains(names, m.Key) {
			u.add(m, m.Key)
		}
	}
}

func (u *undocumented) add(n *schema.Node, name string) {
	const enough = 5
	if u.first == nil {
		u.first = n
	}
	if name = schema.Shorten(name); !slices.Contains(u.names, name) && len(u.names) < enough {
		u.names = append(u.names, name)
	}
}

// quoted lists names as a sentence does: "a", "b" and "c".
func quoted(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%q", names[0])
	}
	text := ""
	for i, name := range names[:len(names)-1] {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text + fmt.Sprintf(" and %q", names[len(names)-1])
}

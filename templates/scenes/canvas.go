package scenes

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

// checkCanvas checks rule COL-T24: sizes are positive, and no track lies wholly outside
// the picture. It only warns, since no document says that such a request is refused.
func checkCanvas(t *templates.Template, scenes []scene, c *templates.Findings) {
	size := t.SceneNode().Member("settings").Member("videoSize")
	width, height, sized := pair(t, size, "width", "height")
	checkSize(t, c, size, "the video")
	for i := range scenes {
		for j := range scenes[i].tracks {
			tr := &scenes[i].tracks[j]
			where := scenes[i].title() + ": " + tr.title()
			checkSize(t, c, tr.node.Member("size"), where)
			w, h, hasSize := pair(t, tr.node.Member("size"), "width", "height")
			x, y, placed := pair(t, tr.node.Member("position"), "x", "y")
			if sized && hasSize && placed && (x >= width || y >= height || x+w <= 0 || y+h <= 0) {
				c.Warn(tr.node, "COL-T24", where+" lies wholly outside the picture", fmt.Sprintf("the picture is %v × %v pixels, counted from the top left", width, height))
			}
		}
	}
}

// checkSize warns of a width or height that is not above 0. A size that a row supplies is
// not known here.
func checkSize(t *templates.Template, c *templates.Findings, size *schema.Node, what string) {
	for _, name := range []string{"width", "height"} {
		n := size.Member(name)
		if n == nil || n.Kind == schema.String && len(templates.Placeholders(t.Raw(n))) > 0 {
			continue
		}
		if v, ok := number(t, n); !ok || v <= 0 {
			c.Warn(n, "COL-T24", fmt.Sprintf("%s: %s must be a number of pixels above 0", what, name), "write a number such as 1080, without quotes")
		}
	}
}

// pair reads two numbers of an object; ok is false unless both are there.
func pair(t *templates.Template, n *schema.Node, first, second string) (a, b float64, ok bool) {
	a, okA := number(t, n.Member(first))
	b, okB := number(t, n.Member(second))
	return a, b, okA && okB
}

// number reads a node as a number; ok is false for any other node, and for none.
func number(t *templates.Template, n *schema.Node) (float64, bool) {
	if n == nil || n.Kind != schema.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(t.Raw(n)), 64)
	return f, err == nil
}

// checkBlends checks rule COL-T23. A seamless join needs two tracks of the same kind and
// content in consecutive scenes; the first must have no end gap and the second no start
// gap.
func checkBlends(t *templates.Template, scenes []scene, c *templates.Findings) {
	const cure = "the next scene needs a track of the same type and content with the same sequentialBlendId"
	var before map[string]*track
	for i := range scenes {
		after := make(map[string]*track)
		if i+1 < len(scenes) {
			after = blends(t, &scenes[i+1])
		}
		here := blends(t, &scenes[i])
		for j := range scenes[i].tracks {
			tr := &scenes[i].tracks[j]
			id := string(t.Raw(tr.media["sequentialBlendId"]))
			if id == "" || after[id] == nil && before[id] != nil {
				continue // not joined, or the last link of a chain
			}
			if reason := tr.blendFault(after[id], t); reason != "" {
				c.Warn(tr.media["sequentialBlendId"], "COL-T23", scenes[i].title()+": "+tr.title()+" cannot be joined seamlessly: "+reason, cure)
			}
		}
		before = here
	}
}

// blends finds the tracks of a scene by their sequentialBlendId.
func blends(t *templates.Template, s *scene) map[string]*track {
	found := make(map[string]*track)
	for j := range s.tracks {
		if id := s.tracks[j].media["sequentialBlendId"]; id != nil {
			found[string(t.Raw(id))] = &s.tracks[j]
		}
	}
	return found
}

// blendFault says why a track cannot be joined to the next one, or "" if it can.
func (t *track) blendFault(next *track, template *templates.Template) string {
	switch {
	case next == nil:
		return "the next scene has no track with its sequentialBlendId"
	case next.kind != t.kind:
		return fmt.Sprintf("it is of type %q and the next one of type %q", t.kind, next.kind)
	case t.end.node != nil:
		return "it has an endTimeGap"
	case next.start.node != nil:
		return "the next one has a startTimeGap"
	}
	for _, name := range []string{"videoUrl", "actor", "imageUrl"} {
		if !bytes.Equal(template.Raw(t.media[name]), template.Raw(next.media[name])) {
			return fmt.Sprintf("their %s differ", name)
		}
	}
	return ""
}

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Frame is one picture of a row: a scene, or the part of a scene in which the same tracks are
// seen and the same words are spoken.
type Frame struct {
	Canvas   Canvas
	Scene    int     // its number; 0 for a row without scenes
	From     float64 // seconds of the row
	Until    float64
	Head     string // what is shown; empty for a picture of the scene alone
	Caption  string // what is spoken
	Elements []Element
	Fields   []Field // of a request without scenes
}

// WriteHTML writes the frame as a page that fills a window of its size. Like all pages, it
// runs and loads nothing.
func (f Frame) WriteHTML(w io.Writer) error { return execute(w, "frame.html", f) }

// Stills are the pictures of a row: one of each scene with all that is seen in it, or one of
// the request where there are no scenes.
func (r StoryRow) Stills() (frames []Frame) {
	if len(r.Scenes) == 0 && len(r.Fields) > 0 {
		return []Frame{{Canvas: Canvas{Width: 1280, Height: 720}, Fields: r.Fields}}
	}
	for _, s := range r.Scenes {
		frames = append(frames, Frame{Canvas: r.Canvas, Scene: s.Number, Elements: s.Elements})
	}
	return frames
}

// mostMoments is how many pictures one scene of a film has at the most. A scene of hundreds
// of tracks is not drawn hundreds of times.
const mostMoments = 40

// Film are the frames of a row, one after the other, at the likely times of its scenes. It is
// empty where the length of a scene is not known.
func (r StoryRow) Film() (frames []Frame) {
	title := r.Key
	if title == "" {
		title = fmt.Sprint("row ", r.Row)
	}
	for _, s := range r.Scenes {
		if s.Start == nil || s.Likely == nil {
			return nil
		}
		captions := s.Captions()
		moments := s.moments(captions)
		for i, from := range moments[:len(moments)-1] {
			until := moments[i+1]
			f := Frame{
				Canvas: r.Canvas, Scene: s.Number, From: *s.Start + from, Until: *s.Start + until, Caption: spokenAt(captions, from),
				Head: fmt.Sprintf("%s · scene %d of %d · storyboard: people, videos and fonts are stand-ins", title, s.Number, len(r.Scenes)),
			}
			for _, e := range s.Elements {
				if e.seen((from + until) / 2) {
					f.Elements = append(f.Elements, e)
				}
			}
			frames = append(frames, f)
		}
	}
	return frames
}

// seen reports whether the element is seen at a time of its scene.
func (e Element) seen(at float64) bool {
	return (e.From == nil || *e.From <= at) && (e.Until == nil || at <= *e.Until)
}

// moments are the times at which the picture of a scene changes, from its start to its end.
func (s StoryScene) moments(captions []Caption) []float64 {
	end := *s.Likely
	moments := []float64{0, end}
	add := func(at float64) {
		near := slices.ContainsFunc(moments, func(m float64) bool { return max(m-at, at-m) < 0.04 })
		if at > 0 && at < end && !near && len(moments) <= mostMoments {
			moments = append(moments, at)
		}
	}
	for _, c := range captions {
		add(c.From)
		add(c.Until)
	}
	for _, e := range s.Elements {
		for _, at := range []*float64{e.From, e.Until} {
			if at != nil && e.Label != NotShown {
				add(*at)
			}
		}
	}
	slices.Sort(moments)
	return moments
}

// Caption is a part of what is spoken, in seconds from the start of its scene.
type Caption struct {
	Text        string
	From, Until float64
}

func spokenAt(captions []Caption, at float64) string {
	for _, c := range captions {
		if at >= c.From-0.001 && at < c.Until-0.001 {
			return c.Text
		}
	}
	return ""
}

// longestCaption is how many characters a caption has: two lines of a picture.
const longestCaption = 84

// Captions are what is spoken in the scene, in parts that can be read. Each lasts as long as
// its share of the letters.
func (s StoryScene) Captions() (captions []Caption) {
	for _, said := range s.Said {
		parts := phrases(said.Text)
		total := 0
		for _, p := range parts {
			total += len([]rune(p))
		}
		at := said.From
		for _, p := range parts {
			long := (said.Until - said.From) * float64(len([]rune(p))) / float64(total)
			captions = append(captions, Caption{Text: p, From: at, Until: at + long})
			at += long
		}
	}
	return captions
}

// phrases cuts a text behind its sentences, and long ones between words.
func phrases(text string) (parts []string) {
	part := ""
	for _, word := range strings.Fields(text) {
		if joined := strings.TrimSpace(part + " " + word); part == "" || !endsSentence(part) && len([]rune(joined)) <= longestCaption {
			part = joined
			continue
		}
		parts = append(parts, pieces(part)...)
		part = word
	}
	if part != "" {
		parts = append(parts, pieces(part)...)
	}
	return parts
}

func endsSentence(text string) bool {
	return len([]rune(text)) > 12 && strings.ContainsAny(text[len(text)-1:], ".!?")
}

// pieces cuts a text without blanks, as some scripts have it.
func pieces(text string) (list []string) {
	for part := range slices.Chunk([]rune(text), longestCaption) {
		list = append(list, string(part))
	}
	return list
}

// Package storyboard turns what would be sent for a row into pictures of it: each scene as a
// canvas with every track in its place, for the time that the solver found.
//
// It reads the bound payload and never the template, so that what is shown is what is sent.
// How a service draws an avatar or animates a title is not known here, so each element says
// how true its picture is.
package storyboard

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// The limits of what is drawn, so that a document of a stranger becomes a page that a
// browser opens.
const (
	mostTracks = 500
	mostPixels = 100_000 // of a side, and of a place
	mostText   = 2_000   // characters of one element
	mostFields = 40      // of a request without scenes
)

// Pictures returns the picture that an address or a path leads to, as a data URL; "" for one
// that is not here or that is not shown.
type Pictures func(address string) string

// extent is the size of a video or a track, in pixels.
type extent struct{ Width, Height float64 }

// creative is what Studio exports, as far as it is understood.
type creative struct {
	Settings struct{ VideoSize extent }
	Scenes   []struct {
		Name   string
		Tracks []json.RawMessage
	}
}

// track has the members of the types of tracks that are documented.
type track struct {
	Type                         string
	Position                     *struct{ X, Y float64 }
	Size                         *extent
	Rotation                     float64
	Text, Actor, Variant, View   string
	SpeakerID                    string
	ImageURL, VideoURL, AudioURL string
}

// Row is what is known of a row before it is sent.
type Row struct {
	Document []byte                // of its scenes: see [templates.Program.Creative]
	Notes    []templates.SceneNote // when what is seen
	Fits     []templates.BoxFit    // they break texts of tracks into their lines
	Language string                // that the template names; "" if it names none
	Pictures Pictures
}

// Scenes are the scenes of the row.
func (r Row) Scenes() (report.Canvas, []report.StoryScene) {
	var c creative
	_ = json.Unmarshal(r.Document, &c) // a member of another type stays empty; what can be read is shown
	canvas := report.Canvas{Width: side(c.Settings.VideoSize.Width, 1920), Height: side(c.Settings.VideoSize.Height, 1080)}
	d := drawer{Row: r, canvas: canvas}
	notes := r.Notes
	scenes := []report.StoryScene{}
	start := new(float64)
	for i, s := range c.Scenes {
		one := report.StoryScene{Number: i + 1, Name: s.Name, Start: start, Elements: []report.Element{}}
		if i < len(notes) && notes[i].Seconds != nil {
			t := notes[i].Seconds
			one.Low, one.Likely, one.High = &t.Low, &t.Likely, &t.High
			one.Cut = notes[i].Slack != nil && *notes[i].Slack < 0
		}
		start = after(start, one.Likely)
		shown := min(len(s.Tracks), mostTracks)
		one.Hidden = len(s.Tracks) - shown
		for z, raw := range s.Tracks[:shown] {
			var when templates.TrackNote
			if i < len(notes) && z < len(notes[i].Tracks) {
				when = notes[i].Tracks[z]
			}
			d.draw(&one, z, raw, when)
		}
		scenes = append(scenes, one)
	}
	return canvas, scenes
}

func after(start, likely *float64) *float64 {
	if start == nil || likely == nil {
		return nil
	}
	end := *start + *likely
	return &end
}

// side is a length that can be drawn.
func side(v, otherwise float64) float64 {
	if v < 1 || v > mostPixels {
		return otherwise
	}
	return v
}

// drawer draws the tracks of a row's scenes.
type drawer struct {
	Row
	canvas report.Canvas
}

// draw adds a track to a scene: what is spoken to its script, what is seen to its canvas.
func (d *drawer) draw(s *report.StoryScene, z int, raw json.RawMessage, when templates.TrackNote) {
	var t track
	_ = json.Unmarshal(raw, &t) // as above
	d.say(s, t, when)
	e := report.Element{From: likely(when.Start), Until: likely(when.End), Kind: t.Type, Z: z, Rotation: t.Rotation, Width: d.canvas.Width, Height: d.canvas.Height, Says: wording.Clean(limit(said(t)))}
	placed := t.Position != nil && t.Size != nil
	if t.Position != nil {
		e.X, e.Y = within(t.Position.X), within(t.Position.Y)
	}
	if t.Size != nil {
		e.Width, e.Height = side(t.Size.Width, 1), side(t.Size.Height, 1)
	}
	d.picture(&e, t)
	if !placed && e.Label != report.NotShown && t.Type != "audio" {
		e.Label = report.StandIn
	}
	s.Elements = append(s.Elements, e)
}

// say adds what a track says to the script, with the times at which it is spoken.
func (d *drawer) say(s *report.StoryScene, t track, when templates.TrackNote) {
	text := wording.Clean(limit(t.Text))
	if t.Type != "actor" || text == "" {
		return
	}
	s.Script = strings.TrimSpace(s.Script + "\n" + text)
	if when.Start != nil && when.End != nil && when.End.Likely > when.Start.Likely {
		speaker := speech.NewSpeaker(speech.Asked{Voice: t.SpeakerID, Language: d.Language, Text: t.Text})
		s.Said = append(s.Said, report.Speech{Text: text, Language: speaker.Language(), From: when.Start.Likely, Until: when.End.Likely})
	}
}

func likely(of *templates.SecondsNote) *float64 {
	if of == nil {
		return nil
	}
	return &of.Likely
}

func within(v float64) float64 { return max(-mostPixels, min(v, mostPixels)) }

func limit(text string) string {
	if runes := []rune(text); len(runes) > mostText {
		return string(runes[:mostText]) + "…"
	}
	return text
}

// said is what an element is called: who or what it shows.
func said(t track) string {
	switch t.Type {
	case "actor":
		return strings.Join(strings.Fields(t.Actor+" "+t.Variant+" "+t.View), " ")
	case "image":
		return file(t.ImageURL)
	case "video":
		return file(t.VideoURL)
	case "audio":
		return file(t.AudioURL)
	}
	return t.Text
}

// file is the last part of an address, without what may be a secret in it.
func file(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return path.Base(address)
}

// picture says how true the picture of an element is, and fills in what is drawn.
func (d *drawer) picture(e *report.Element, t track) {
	switch t.Type {
	case "image":
		e.Label = report.StandIn
		if e.Picture = d.Pictures(t.ImageURL); e.Picture != "" {
			e.Label = report.Exact
		}
	case "actor":
		e.Label = report.StandIn
		e.Mirrored = strings.Contains(strings.ToLower(t.View), "left")
		e.Whole = strings.Contains(strings.ToLower(t.Variant), "full")
	case "video":
		e.Label = report.StandIn
	case "shape":
		e.Label = report.StandIn
	case "text":
		e.Label = report.StandIn
		e.Lines = d.lines(t.Text, e)
	default:
		e.Label = report.NotShown // a sound, or a type that is documented nowhere
	}
}

// lines breaks a text into lines: those of its box, where it has one, else about as many
// characters as there is room for.
func (d *drawer) lines(text string, e *report.Element) []report.Line {
	if i := slices.IndexFunc(d.Fits, func(f templates.BoxFit) bool { return f.Text == text && len(f.Lines) > 0 }); i >= 0 {
		f := d.Fits[i]
		return report.Lines(f.Lines, f.Size, f.LineHeight)
	}
	size := max(8, min(e.Height*0.6, e.Width/12))
	room := max(4, int(e.Width/(size*0.55)))
	var lines []string
	for _, paragraph := range strings.Split(limit(text), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len([]rune(line+" "+word)) > room {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		lines = append(lines, line)
	}
	return report.Lines(lines, size, 1.2)
}

// Fields are the values of a request without scenes, as people read them.
func Fields(body []byte, pictures Pictures) []report.Field {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	list := fields("", members)
	for i := range list {
		if isPicture(list[i].Value) {
			list[i].Picture = pictures(list[i].Value)
		}
	}
	slices.SortFunc(list, func(a, b report.Field) int { return strings.Compare(a.Name, b.Name) })
	return list[:min(len(list), mostFields)]
}

// isPicture goes by the ending of a name; what is in the file is looked at later.
func isPicture(value string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".webp"}, strings.ToLower(path.Ext(file(value))))
}

func fields(prefix string, v any) (list []report.Field) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			list = append(list, fields(strings.TrimPrefix(prefix+"."+name, "."), member)...)
		}
	case []any:
		for i, member := range v {
			list = append(list, fields(fmt.Sprintf("%s.%d", prefix, i+1), member)...)
		}
	case nil:
	default:
		list = append(list, report.Field{Name: wording.Clean(prefix), Value: wording.Clean(limit(fmt.Sprint(v)))})
	}
	return list
}

// Fits are how the row's texts fit into their boxes.
func Fits(of []templates.BoxFit) []report.StoryFit {
	list := []report.StoryFit{}
	for _, f := range of {
		one := report.StoryFit{Box: f.Box, Verdict: f.Verdict.Kind.String(), LinesOver: f.Verdict.LinesOver, PixelsOver: f.Verdict.PixelsOver}
		list = append(list, one)
	}
	return list
}

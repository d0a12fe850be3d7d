package sandbox

import (
	"bytes"
	_ "embed" // the two frames that every video consists of
	"encoding/binary"
	"html/template"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// frames is an MP4 file with two pictures: H.264 Main profile, 480×270, 1000 ticks per
// second. Each picture can be decoded alone.
//
//go:embed frames.mp4
var frames []byte

// frameTicks is how many milliseconds each picture is shown.
const frameTicks = 1000

// thumbnailColour returns the background of the frames.
func thumbnailColour() color.Color { return color.RGBA{R: 0x1f, G: 0x2a, B: 0x44, A: 0xff} }

// video returns a playable MP4 file of a length. It shows the two pictures in turn, one
// second each, and cuts the last one. The pictures are stored once, so an hour of video
// needs only larger tables.
func video(length time.Duration) []byte {
	ticks := max(1, uint32(length.Milliseconds()))
	tables := pictureTables(ticks)
	// The tables contain the places of the pictures in the file. They are in front of the
	// pictures, and move them by their own size. So the file is laid out twice.
	draft := rewrite(frames, tables, ticks)
	pictures := bytes.LastIndex(draft, []byte("mdat")) + len("mdat")
	tables["stco"] = pictureOffsets(count(ticks), pictures)
	return rewrite(frames, tables, ticks)
}

// count returns the number of pictures in a video.
func count(ticks uint32) uint32 { return (ticks + frameTicks - 1) / frameTicks }

// rewrite copies a sequence of MP4 boxes and replaces those that depend on the length.
func rewrite(boxes []byte, tables map[string][]byte, ticks uint32) []byte {
	var out []byte
	for len(boxes) >= 8 {
		size := int(binary.BigEndian.Uint32(boxes))
		kind := string(boxes[4:8])
		body := boxes[8:size]
		switch {
		case kind == "stss" || kind == "udta":
			// Every picture is a key frame, and the tags are not needed.
		case tables[kind] != nil:
			out = append(out, box(kind, tables[kind])...)
		case kind == "moov" || kind == "trak" || kind == "edts" || kind == "mdia" || kind == "minf" || kind == "stbl":
			out = append(out, box(kind, rewrite(body, tables, ticks))...)
		default:
			out = append(out, box(kind, withLength(kind, body, ticks))...)
		}
		boxes = boxes[size:]
	}
	return out
}

// withLength sets the length in a box that has one. All boxes are of version 0.
func withLength(kind string, body []byte, ticks uint32) []byte {
	at, ok := map[string]int{"mvhd": 16, "tkhd": 20, "mdhd": 16, "elst": 8}[kind]
	if !ok {
		return body
	}
	// The body belongs to the embedded file, which must stay as it is.
	body = bytes.Clone(body)
	binary.BigEndian.PutUint32(body[at:], ticks)
	return body
}

// box returns an MP4 box.
func box(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

// pictureTables returns the tables of a video of so many ticks, with offsets from the start
// of the file.
func pictureTables(ticks uint32) map[string][]byte {
	n := count(ticks)
	sizes := words(0, 0, n) // version, no common size, count
	for i := range n {
		sizes = append(sizes, words(pictureSize(i))...)
	}
	// All pictures last a second, but the last one may be shorter.
	times := words(0, 1, n, frameTicks)
	if rest := ticks % frameTicks; rest != 0 && n == 1 {
		times = words(0, 1, 1, rest)
	} else if rest != 0 {
		times = words(0, 2, n-1, frameTicks, 1, rest)
	}
	return map[string][]byte{
		"stsz": sizes,
		"stts": times,
		"stsc": words(0, 1, 1, 1, 1), // one picture per chunk
		"stco": pictureOffsets(n, 0),
	}
}

// pictureOffsets returns the place of each picture: the two alternate.
func pictureOffsets(n uint32, base int) []byte {
	offsets := words(0, n)
	for i := range n {
		at := uint32(base)
		if i%2 == 1 {
			at += pictureSize(0)
		}
		offsets = append(offsets, words(at)...)
	}
	return offsets
}

// pictureSize returns the size of a picture in the frames file.
func pictureSize(i uint32) uint32 {
	table := bytes.Index(frames, []byte("stsz")) + len("stsz") + 12
	return binary.BigEndian.Uint32(frames[table+4*int(i%2):])
}

// words returns numbers of 32 bits in the byte order of MP4.
func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// link returns the address of a job's result. A link that expires carries its end, so that
// no list of links is needed.
func (s *Sandbox) link(base string, j job, extension string) string {
	link := base + "/files/" + j.ID + extension
	if life := s.options.Behaviour.LinkLife; life > 0 {
		link += "?until=" + strconv.FormatInt(s.now().Add(life).Unix(), 10)
	}
	return link
}

// shareLink returns the address of a job's sharing page.
func shareLink(base string, j job) string { return base + "/share/" + j.ID }

// finished returns a job with a result that can be fetched.
func (s *Sandbox) finished(id string) (job, bool) {
	j, ok, err := s.books.find(id)
	if !ok || err != nil || j.Deleted || j.fate(s.now()) != succeeded {
		return job{}, false
	}
	return j, true
}

// serveFile serves a video or its thumbnail. It supports ranges, which downloads that
// resume need.
func (s *Sandbox) serveFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	id, extension, _ := strings.Cut(name, ".")
	j, ok := s.finished(id)
	if !ok || j.Instant {
		http.NotFound(w, r)
		return
	}
	if until := r.URL.Query().Get("until"); until != "" && !s.valid(until) {
		http.Error(w, "this link has expired", http.StatusForbidden)
		return
	}
	// The result of a job never changes, so its id serves as the ETag.
	w.Header().Set("ETag", strconv.Quote(j.ID))
	switch extension {
	case "mp4":
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, r, name, j.ends(), bytes.NewReader(video(j.Length)))
	case "png":
		http.ServeContent(w, r, name, j.ends(), bytes.NewReader(thumbnail()))
	default:
		http.NotFound(w, r)
	}
}

// valid reports whether a link has not expired yet.
func (s *Sandbox) valid(until string) bool {
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && !s.now().After(time.Unix(seconds, 0))
}

// thumbnail returns a PNG picture in the colour of the video.
func thumbnail() []byte {
	picture := image.NewRGBA(image.Rect(0, 0, 160, 90))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(thumbnailColour()), image.Point{}, draw.Src)
	var b bytes.Buffer
	// Writing to a buffer cannot fail.
	_ = png.Encode(&b, picture)
	return b.Bytes()
}

// sharePage is the page for viewers. All of its values come from callers and are escaped.
const sharePage = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · sandbox</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}video{width:100%;border-radius:.5rem}dt{font-weight:600}</style>
<h1>{{.Title}}</h1>
{{if .Video}}<video controls src="{{.Video}}"></video>
{{end}}<p>A stand-in from the reelmerge sandbox: nothing was rendered and nothing was paid.</p>
{{range .Texts}}<blockquote>{{.}}</blockquote>
{{end}}<dl>{{if .Reference}}<dt>Row</dt><dd>{{.Reference}}</dd>{{end}}<dt>Job</dt><dd>{{.Job}}</dd><dt>Operation</dt><dd>{{.Operation}}</dd>{{if .Video}}<dt>Length</dt><dd>{{.Seconds}} s</dd>{{end}}</dl>
</html>
`

// serveShare serves the page that stands for a service's sharing page.
func (s *Sandbox) serveShare(w http.ResponseWriter, r *http.Request) {
	j, ok := s.finished(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	var page bytes.Buffer
	if err := template.Must(template.New("share").Parse(sharePage)).Execute(&page, shareValues(j)); err != nil {
		http.Error(w, "share page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	// The page shows text of a stranger. The policy allows no script, even if the escaping
	// had a hole.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'")
	writeBytes(w, http.StatusOK, "text/html; charset=utf-8", page.Bytes())
}

// shareValues returns the values of the sharing page.
func shareValues(j job) map[string]any {
	values := map[string]any{
		"Title": j.Reference, "Reference": j.Reference, "Video": "/files/" + j.ID + ".mp4",
		"Job": j.ID, "Operation": j.Operation, "Seconds": j.Length.Seconds(), "Texts": texts(j.Body),
	}
	if j.Reference == "" {
		values["Title"] = j.ID
	}
	if j.Instant {
		delete(values, "Video")
	}
	return values
}

package sandbox

import (
	"bytes"
	_ "embed" // the skeleton of videos
	"encoding/binary"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// skeleton is an MP4 file of 480×270 pixels and 1000 ticks per second, without pictures and
// with empty tables.
//
//go:embed skeleton.mp4
var skeleton []byte

// frameTicks is how many milliseconds each picture is shown.
const frameTicks = 1000

// video returns a playable MP4 file of a length, which shows a picture. The picture is
// stored once, so an hour of video needs only larger tables.
func video(length time.Duration, p picture) []byte { return film(length, firstPicture(p)) }

// videoSize returns the size of such a file, without drawing the picture.
func videoSize(length time.Duration, p picture) int {
	return len(film(length, nil)) + firstPictureSize(p)
}

// film makes an MP4 file of a coded picture.
func film(length time.Duration, coded []byte) []byte {
	ticks := max(1, uint32(length.Milliseconds()))
	var samples [1 + later][]byte
	samples[0] = sample(coded)
	for i := range uint32(later) {
		samples[1+i] = sample(laterPicture(1 + i))
	}
	media := bytes.Join(samples[:], nil)
	tables := pictureTables(ticks, samples)
	tables["stsd"] = description()
	tables["mdat"] = media
	// The tables contain the places of the pictures in the file. They are in front of the
	// pictures, and move them by their own size. So the file is laid out twice.
	draft := rewrite(skeleton, tables, ticks)
	tables["stco"] = pictureOffsets(count(ticks), len(draft)-len(media), samples)
	return rewrite(skeleton, tables, ticks)
}

// sample is a picture with its length before it.
func sample(coded []byte) []byte { return append(words(uint32(len(coded))), coded...) }

// sampleOf returns which of the samples a picture is: the first, or one of the later ones,
// which take turns.
func sampleOf(i uint32) int {
	if i == 0 {
		return 0
	}
	return 1 + int((i-1)%later)
}

// count returns the number of pictures in a video.
func count(ticks uint32) uint32 { return (ticks + frameTicks - 1) / frameTicks }

// description is the box that says how the pictures are coded.
func description() []byte {
	sequence, pictures := sequenceSet(), pictureSet()
	config := append([]byte{1}, sequence[1:4]...) // version, profile, kind, level
	config = append(config, 0xff, 0xe1, 0, byte(len(sequence)))
	config = append(append(config, sequence...), 1, 0, byte(len(pictures)))
	config = append(config, pictures...)
	entry := make([]byte, 78) // the fields of a VisualSampleEntry
	entry[7] = 1              // the data is in this file
	binary.BigEndian.PutUint16(entry[24:], pictureWidth)
	binary.BigEndian.PutUint16(entry[26:], pictureHeight)
	binary.BigEndian.PutUint32(entry[28:], 72<<16) // pixels an inch
	binary.BigEndian.PutUint32(entry[32:], 72<<16)
	entry[41] = 1    // a picture per sample
	entry[75] = 0x18 // bits of colour
	entry[76], entry[77] = 0xff, 0xff
	return append(words(0, 1), box("avc1", append(entry, box("avcC", config)...))...)
}

// rewrite copies a sequence of MP4 boxes and replaces those that depend on the length.
func rewrite(boxes []byte, tables map[string][]byte, ticks uint32) []byte {
	var out []byte
	for len(boxes) >= 8 {
		size := int(binary.BigEndian.Uint32(boxes))
		kind := string(boxes[4:8])
		body := boxes[8:size]
		switch {
		case tables[kind] != nil:
			out = append(out, box(kind, tables[kind])...)
		case kind == "stbl":
			// Only the first picture can be decoded alone.
			body = append(rewrite(body, tables, ticks), box("stss", words(0, 1, 1))...)
			out = append(out, box(kind, body)...)
		case kind == "moov" || kind == "trak" || kind == "edts" || kind == "mdia" || kind == "minf":
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

// pictureTables returns the tables of a video of so many ticks.
func pictureTables(ticks uint32, samples [1 + later][]byte) map[string][]byte {
	n := count(ticks)
	sizes := words(0, 0, n) // version, no common size, count
	for i := range n {
		sizes = append(sizes, words(uint32(len(samples[sampleOf(i)])))...)
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
		"stco": pictureOffsets(n, 0, samples),
	}
}

// pictureOffsets returns the place of each picture, where the first begins at an offset.
func pictureOffsets(n uint32, base int, samples [1 + later][]byte) []byte {
	var places [1 + later]uint32
	for i := range samples {
		places[i] = uint32(base)
		base += len(samples[i])
	}
	offsets := words(0, n)
	for i := range n {
		offsets = append(offsets, words(places[sampleOf(i)])...)
	}
	return offsets
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
		http.ServeContent(w, r, name, j.ends(), bytes.NewReader(video(j.Length, j.picture())))
	case "png":
		http.ServeContent(w, r, name, j.ends(), bytes.NewReader(j.picture().thumbnail()))
	default:
		http.NotFound(w, r)
	}
}

// valid reports whether a link has not expired yet.
func (s *Sandbox) valid(until string) bool {
	seconds, err := strconv.ParseInt(until, 10, 64)
	return err == nil && !s.now().After(time.Unix(seconds, 0))
}

// picture is what the job's video shows.
func (j job) picture() picture { return newPicture(texts(j.Body)) }

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

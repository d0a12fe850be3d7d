package declared

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// Text is a text with holes in it, such as "/videos/{job}".
type Text struct {
	source string
	pieces []piece
}

// piece is a text between holes, or a hole.
type piece struct {
	text string // outside of holes
	hole string // "job", "request", "setting", "header"; empty outside
	of   string // what stands behind the name: a pointer, or the name of a setting or header
}

var holes = regexp.MustCompile(`\{([a-z_]+)(?:[:.]([^{}]*))?\}`)

// newText takes a text apart. Braces that are no hole stay as they are, and the checker
// tells of holes that do not exist.
func newText(s string) Text {
	t := Text{source: s}
	at := 0
	for _, m := range holes.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > at {
			t.pieces = append(t.pieces, piece{text: s[at:m[0]]})
		}
		p := piece{hole: s[m[2]:m[3]]}
		if m[4] >= 0 {
			p.of = s[m[4]:m[5]]
		}
		t.pieces = append(t.pieces, p)
		at = m[1]
	}
	if at < len(s) {
		t.pieces = append(t.pieces, piece{text: s[at:]})
	}
	return t
}

// UnmarshalJSON reads a text.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	err := json.Unmarshal(data, &s)
	*t = newText(s)
	return err
}

// MarshalJSON writes the text as it was read.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.source) }

// takes are the pointers of the members that the text takes out of the request.
func (t Text) takes() (pointers []string) {
	for _, p := range t.pieces {
		if p.hole == "take" {
			pointers = append(pointers, p.of)
		}
	}
	return pointers
}

// has reports whether the text has a hole of a name.
func (t Text) has(hole string) bool {
	return slices.ContainsFunc(t.pieces, func(p piece) bool { return p.hole == hole })
}

// values are what holes are filled with. What is empty has no value.
type values struct {
	job, result          string
	reference, callback  string
	key, token           string
	cursor, offset, page string
	since                string
	body                 string // the request, as JSON
	request              any    // the request, decoded
	settings             map[string]string
	header               http.Header // of a webhook
}

// errNoValue is returned for a hole that there is nothing for.
var errNoValue = errors.New("there is no value for it")

// value returns what a hole is filled with; false when there is nothing.
func (v values) value(p piece) (string, bool) {
	var s string
	switch p.hole {
	case "job":
		s = v.job
	case "result":
		s = v.result
	case "reference":
		s = v.reference
	case "callback":
		s = v.callback
	case "key":
		s = v.key
	case "token":
		s = v.token
	case "cursor":
		s = v.cursor
	case "offset":
		s = v.offset
	case "page":
		s = v.page
	case "since":
		s = v.since
	case "body":
		s = v.body
	case "setting":
		s = v.settings[p.of]
	case "header":
		s = v.header.Get(p.of)
	case "request", "take":
		return text(v.request, p.of)
	}
	return s, s != ""
}

// fill puts values into the holes, each as escape writes it. A hole without a value is an
// error: half an address must not be called.
func (t Text) fill(v values, escape escape) (string, error) {
	var b strings.Builder
	for _, p := range t.pieces {
		if p.hole == "" {
			b.WriteString(p.text)
			continue
		}
		s, ok := v.value(p)
		if !ok {
			return "", fmt.Errorf("fill %q: %w", t.source, errNoValue)
		}
		if s, ok = escape(p.hole, s); !ok {
			return "", fmt.Errorf("fill %q: a value that climbs out of the path has no place in it", t.source)
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// escape writes the value of a hole for its place; false when it must not stand there.
type escape func(hole, value string) (string, bool)

// plain leaves a value as it is.
func plain(_, value string) (string, bool) { return value, true }

// inPath writes a value as one segment of a path. What the request says may have several,
// such as the name of a model; an id has one, whatever the service puts into it.
func inPath(hole, value string) (string, bool) {
	if hole != "take" && hole != "request" {
		return rest.Segment(value), value != "." && value != ".."
	}
	segments := strings.Split(value, "/")
	for i, s := range segments {
		if s == "." || s == ".." {
			return "", false
		}
		segments[i] = rest.Segment(s)
	}
	return strings.Join(segments, "/"), true
}

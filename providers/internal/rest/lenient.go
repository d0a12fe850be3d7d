package rest

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode"
)

// Word is a text of an answer that may come as a number too: documentations show
// ids as texts and promise nothing. Anything else, null or an object, reads as no
// text: one odd member must not hide a finished video.
type Word string

// UnmarshalJSON reads a text, a number as it is written, or anything else as
// nothing.
func (w *Word) UnmarshalJSON(data []byte) error {
	*w = ""
	switch {
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(w))
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		*w = Word(data)
	}
	return nil
}

// Strange is how a status that is none that we know is told: as the service writes it,
// or that it has none.
func Strange(status Word) string {
	if s := strings.TrimSpace(string(status)); s != "" {
		return s
	}
	return "no status"
}

// Time reads a moment; zero when the text is none that is understood.
func (w Word) Time() time.Time {
	at, err := time.Parse(time.RFC3339Nano, string(w))
	if err != nil {
		return time.Time{}
	}
	return at
}

// Quantity is a number of an answer that may come as a text too; -1 when it is
// neither, negative or beyond all bounds.
type Quantity float64

// UnmarshalJSON reads a number, a text with a number, or anything else as none.
func (q *Quantity) UnmarshalJSON(data []byte) error {
	var n json.Number
	*q = -1
	if json.Unmarshal(data, &n) != nil {
		return nil
	}
	if f, err := n.Float64(); err == nil && f >= 0 && !math.IsInf(f, 0) {
		*q = Quantity(f)
	}
	return nil
}

// Seconds reads a number of seconds to the millisecond, and 0 for a number that is no
// plausible length of a video.
func (q Quantity) Seconds() time.Duration {
	const day = 24 * 60 * 60
	if !(q > 0 && q <= day) {
		return 0
	}
	return time.Duration(math.Round(float64(q)*1000)) * time.Millisecond
}

// longestID is the longest id that is believed to be one, in bytes.
const longestID = 512

// Usable reports whether a text can be an id. No service documents the form of its ids.
// But a text that is a step in a path, such as "..", or that has characters which cannot
// be shown, is none.
func Usable(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= longestID &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsGraphic(r) })
}

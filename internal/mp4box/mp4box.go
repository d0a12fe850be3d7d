// Package mp4box reports whether a file is a whole MP4 file, a cut one or something else,
// and how long it plays.
//
// It reads the boxes at the top of the file (ISO/IEC 14496-12) and the header of the movie.
// That is a few dozen bytes, also of a large file.
package mp4box

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"time"
)

// Errors of [Read] wrap one of these.
var (
	// ErrForeign means that the file is something else: a web page, say.
	ErrForeign = errors.New("not an MP4 file")
	// ErrCut means that the file ends too early, or lacks a part it needs.
	ErrCut = errors.New("the MP4 file is not complete")
)

// Info is what a complete file tells about itself.
type Info struct {
	Brand    string        // the major brand: "isom", "mp42"
	Duration time.Duration // 0 where the file does not say, as some streams do
}

const (
	mostBoxes   = 1 << 16 // at the top and in the movie together; long fragmented files have thousands
	mostHeader  = 1 << 10 // of the boxes whose content is read
	shortHeader = 8
	longHeader  = 16
)

// Read checks a file of so many bytes. It takes any bytes without panicking and
// reads a bounded part of them.
func Read(r io.ReaderAt, size int64) (Info, error) {
	w := walker{r: r, left: mostBoxes}
	if err := w.walk(span{0, size}, w.top); err != nil {
		return Info{}, err
	}
	switch {
	case w.seen["ftyp"] == 0:
		return Info{}, fmt.Errorf("%w: it does not begin with a file type", ErrForeign)
	case w.seen["moov"] == 0 || w.seen["mvhd"] == 0:
		return Info{}, fmt.Errorf("%w: it has no movie header", ErrCut)
	case w.seen["mdat"] == 0:
		return Info{}, fmt.Errorf("%w: it has no pictures", ErrCut)
	}
	return w.info, nil
}

// span is a part of the file.
type span struct{ from, to int64 }

// walker goes through boxes and counts the kinds that it has met.
type walker struct {
	r     io.ReaderAt
	left  int // boxes that may still come
	seen  map[string]int
	scale uint32 // ticks per second of the movie
	info  Info
}

// walk calls visit for each box of a part of the file.
func (w *walker) walk(part span, visit func(kind string, body span) error) error {
	if w.seen == nil {
		w.seen = map[string]int{}
	}
	for at := part.from; at < part.to; {
		kind, body, err := w.box(span{at, part.to})
		if err != nil {
			return err
		}
		if w.left--; w.left < 0 {
			return fmt.Errorf("%w: more than %d boxes", ErrForeign, mostBoxes)
		}
		w.seen[kind]++
		if err := visit(kind, body); err != nil {
			return err
		}
		at = body.to
	}
	return nil
}

// box reads a header: four bytes of size, four letters, and eight more bytes of size where
// four do not suffice. A size of 0 reaches to the end. Every size is compared with the room
// that is left, because the file may be cut anywhere or be made to deceive.
func (w *walker) box(rest span) (kind string, body span, err error) {
	header, err := w.read(span{rest.from, min(rest.from+longHeader, rest.to)})
	if err != nil {
		return "", span{}, err
	}
	if len(header) < shortHeader {
		return "", span{}, fmt.Errorf("%w: %d bytes are left over at %d", ErrCut, len(header), rest.from)
	}
	kind = string(header[4:8])
	length, head := int64(binary.BigEndian.Uint32(header)), int64(shortHeader)
	if !isKind(kind) || len(w.seen) == 0 && kind != "ftyp" {
		return "", span{}, fmt.Errorf("%w: %q is no box at %d", ErrForeign, header[:shortHeader], rest.from)
	}
	switch length {
	case 0:
		length = rest.to - rest.from
	case 1:
		if len(header) < longHeader {
			return "", span{}, fmt.Errorf("%w: it ends inside a header", ErrCut)
		}
		long := binary.BigEndian.Uint64(header[8:])
		length, head = int64(min(long, math.MaxInt64)), longHeader
	}
	if length < head {
		return "", span{}, fmt.Errorf("%w: a %s box of %d bytes", ErrForeign, kind, length)
	}
	if length > rest.to-rest.from {
		return "", span{}, fmt.Errorf("%w: the %s box lacks %d bytes", ErrCut, kind, length-(rest.to-rest.from))
	}
	return kind, span{rest.from + head, rest.from + length}, nil
}

// isKind reports whether four bytes can name a box.
func isKind(kind string) bool {
	for i := range len(kind) {
		if c := kind[i]; (c < ' ' || c > '~') && c != 0xa9 {
			return false
		}
	}
	return true
}

// read reads a part of the file, at most mostHeader bytes of it: a box may claim any size.
func (w *walker) read(part span) ([]byte, error) {
	b := make([]byte, min(part.to-part.from, mostHeader))
	if n, err := w.r.ReadAt(b, part.from); n < len(b) {
		return nil, fmt.Errorf("read MP4 file: %w", err)
	}
	return b, nil
}

// top visits the boxes of the file.
func (w *walker) top(kind string, body span) error {
	switch kind {
	case "ftyp":
		return w.brand(body)
	case "moov":
		return w.walk(body, w.movie)
	}
	return nil
}

// brand reads the major brand, which begins the file type.
func (w *walker) brand(body span) error {
	b, err := w.read(body)
	if err != nil {
		return err
	}
	if len(b) < 8 {
		return fmt.Errorf("%w: its file type has %d bytes", ErrForeign, len(b))
	}
	w.info.Brand = string(b[:4])
	return nil
}

// movie visits the boxes of the movie.
func (w *walker) movie(kind string, body span) error {
	switch kind {
	case "mvhd":
		return w.header(body)
	case "mvex":
		return w.walk(body, w.movie) // the length of a file in fragments is in mehd
	case "mehd":
		return w.fragments(body)
	}
	return nil
}

// header reads the time scale and the duration; version 1 has wider fields.
func (w *walker) header(body span) error {
	b, err := w.read(body)
	if err != nil {
		return err
	}
	scaleAt := 12
	wide := isWide(b)
	if wide {
		scaleAt = 20
	}
	ticks, ok := number(b, scaleAt+4, wide)
	if !ok {
		return fmt.Errorf("%w: the movie header has %d bytes", ErrCut, len(b))
	}
	w.scale = binary.BigEndian.Uint32(b[scaleAt:])
	w.info.Duration = length(ticks, w.scale)
	return nil
}

// fragments reads the length of a movie that comes in fragments; its header
// says 0.
func (w *walker) fragments(body span) error {
	b, err := w.read(body)
	if err != nil {
		return err
	}
	if ticks, ok := number(b, 4, isWide(b)); ok && w.info.Duration == 0 {
		w.info.Duration = length(ticks, w.scale)
	}
	return nil
}

func isWide(b []byte) bool { return len(b) > 0 && b[0] == 1 }

// number reads four or eight bytes. All ones stand for "not known".
func number(b []byte, at int, wide bool) (n uint64, ok bool) {
	switch {
	case wide && len(b) >= at+8:
		n = binary.BigEndian.Uint64(b[at:])
		if n == math.MaxUint64 {
			n = 0
		}
		return n, true
	case !wide && len(b) >= at+4:
		n = uint64(binary.BigEndian.Uint32(b[at:]))
		if n == math.MaxUint32 {
			n = 0
		}
		return n, true
	}
	return 0, false
}

// length converts ticks to a duration; one that is too long for time.Duration counts as not
// known. The product is computed in 128 bits, since 64 would overflow.
func length(ticks uint64, scale uint32) time.Duration {
	high, low := bits.Mul64(ticks, uint64(time.Second))
	if high >= uint64(scale) {
		return 0 // also where the scale is 0
	}
	nanoseconds, _ := bits.Div64(high, low, uint64(scale))
	if nanoseconds > math.MaxInt64 {
		return 0
	}
	return time.Duration(nanoseconds)
}

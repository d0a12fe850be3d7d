package fit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// MostFont is the largest font file that is read, in bytes. The largest fonts of East Asian
// scripts have some 20 MB.
const MostFont = 32 << 20

// ErrNoFont is returned for a file that is no font of the kinds that are read.
var ErrNoFont = errors.New("it is no TTF, OTF, TTC or WOFF2 font")

// Cut is which of the fonts in a file is meant.
type Cut struct {
	Face   int     // of a collection, from 0
	Weight float64 // of a variable font, 400 for regular; 0: as the font is drawn without one
}

// Font is a font that was read. It is safe for concurrent use.
type Font struct {
	font   *font.Font
	weight float64
}

// Parse reads the file of a font: TTF, OTF, a collection of them (TTC), or WOFF2. The file
// may be anybody's, so that whatever is wrong with it is an error.
func Parse(data []byte, c Cut) (f *Font, err error) {
	defer func() {
		if recover() != nil {
			f = nil
			err = errDamaged // a reader of fonts trusts the numbers that it reads
		}
	}()
	if len(data) > MostFont {
		return nil, fmt.Errorf("it has %d MB; %d are the most", len(data)>>20, MostFont>>20)
	}
	if bytes.HasPrefix(data, []byte(signatureWOFF2)) {
		if data, err = fromWOFF2(data); err != nil {
			return nil, err
		}
	}
	return parse(data, c)
}

// errDamaged is returned for a font that cannot be used as it is.
var errDamaged = errors.New("the font is damaged")

func parse(data []byte, c Cut) (*Font, error) {
	switch {
	case !isFont(data):
		return nil, ErrNoFont
	case !isWhole(data):
		return nil, errDamaged
	}
	loaders, err := opentype.NewLoaders(bytes.NewReader(data))
	if err != nil || len(loaders) == 0 {
		return nil, errDamaged
	}
	if c.Face < 0 || c.Face >= len(loaders) {
		return nil, fmt.Errorf("it has no face %d; they are counted from 0 to %d", c.Face, len(loaders)-1)
	}
	read, err := font.NewFont(loaders[c.Face])
	if err != nil || read.Upem() == 0 {
		return nil, errDamaged
	}
	withoutLongKern(read, loaders[c.Face])
	f := &Font{font: read, weight: c.Weight}
	if s := newShaper(f, 1); s.hyphen() == 0 && s.failed {
		return nil, errDamaged // what is too damaged to shape one sign is known now
	}
	return f, nil
}

// withoutLongKern drops a table of pairs that browsers do not read either: it is longer than
// the field that has its length, as in Open Sans 1.11.
func withoutLongKern(f *font.Font, from *opentype.Loader) {
	if kern, err := from.RawTable(opentype.MustNewTag("kern")); err == nil && len(kern) > math.MaxUint16 {
		f.Kern = nil
	}
}

// axes are where a variable font is drawn: at its weight and, as browsers do, in the shape
// that it has for the size.
func (f *Font) axes(size float64) []font.Variation {
	axes := []font.Variation{{Tag: opentype.MustNewTag("opsz"), Value: float32(size)}}
	if f.weight > 0 {
		axes = append(axes, font.Variation{Tag: opentype.MustNewTag("wght"), Value: float32(f.weight)})
	}
	return axes
}

// isFont looks at the first bytes. What else the library reads, such as WOFF, can grow
// beyond all bounds.
func isFont(data []byte) bool {
	for _, begins := range []string{"\x00\x01\x00\x00", "OTTO", "ttcf", "true"} {
		if bytes.HasPrefix(data, []byte(begins)) {
			return true
		}
	}
	return false
}

// isWhole reports whether all tables of a font lie in its file. The library takes as much
// memory as a table says that it has, before it reads it.
func isWhole(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("ttcf")) {
		return hasTables(data, 0)
	}
	if len(data) < 12 {
		return false
	}
	count := int(binary.BigEndian.Uint32(data[8:]))
	if count > (len(data)-12)/4 {
		return false
	}
	for i := range count {
		if !hasTables(data, int(binary.BigEndian.Uint32(data[12+4*i:]))) {
			return false
		}
	}
	return true
}

// hasTables looks at the list of tables that begins at an offset.
func hasTables(data []byte, at int) bool {
	if at > len(data)-12 {
		return false
	}
	count := int(binary.BigEndian.Uint16(data[at+4:]))
	if at+12+16*count > len(data) {
		return false
	}
	for i := range count {
		entry := data[at+12+16*i:]
		if uint64(binary.BigEndian.Uint32(entry[8:]))+uint64(binary.BigEndian.Uint32(entry[12:])) > uint64(len(data)) {
			return false
		}
	}
	return true
}

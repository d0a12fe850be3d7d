package fit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
)

const signatureWOFF2 = "wOF2"

var errWOFF2 = errors.New("the WOFF2 font is damaged")

// fromWOFF2 turns a WOFF2 font into the tables that say how wide its glyphs are. Outlines
// are left out, since nothing is drawn: every glyph of the result is empty.
//
// The format is that of https://www.w3.org/TR/WOFF2/.
func fromWOFF2(data []byte) ([]byte, error) {
	const header = 48
	if len(data) < header {
		return nil, errWOFF2
	}
	if string(data[4:8]) == "ttcf" {
		return nil, errors.New("it is a collection in WOFF2, which is not read: give the font as TTF or OTF")
	}
	count := int(binary.BigEndian.Uint16(data[12:]))
	packed := binary.BigEndian.Uint32(data[20:])
	r := &directory{data: data[header:]}
	tables := make([]sfntTable, 0, count)
	total := 0
	for range count {
		t, size := r.table()
		if total += size; r.failed || total > MostFont {
			return nil, errWOFF2
		}
		t.size = size
		tables = append(tables, t)
	}
	if uint64(packed) > uint64(len(r.data)) {
		return nil, errWOFF2
	}
	plain, err := io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(r.data[:packed])), int64(total)+1))
	if err != nil || len(plain) != total {
		return nil, errWOFF2
	}
	for i := range tables {
		tables[i].data, plain = plain[:tables[i].size], plain[tables[i].size:]
	}
	return assemble(data[4:8], tables)
}

// sfntTable is one table of a font.
type sfntTable struct {
	tag         string
	size        int
	transformed bool
	data        []byte
}

// directory reads the list of tables of a WOFF2 font.
type directory struct {
	data   []byte
	failed bool
}

func (d *directory) bytes(n int) []byte {
	if len(d.data) < n {
		d.failed = true
		return make([]byte, n)
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

// table reads one entry, and how many bytes the table has in the stream.
func (d *directory) table() (t sfntTable, size int) {
	flags := d.bytes(1)[0]
	if i := int(flags & 0x3f); i < len(knownTags)/4 {
		t.tag = knownTags[4*i : 4*i+4]
	} else {
		t.tag = string(d.bytes(4))
	}
	size = d.number()
	version := flags >> 6
	t.transformed = version != 0
	if t.tag == "glyf" || t.tag == "loca" {
		t.transformed = version != 3
	}
	if t.transformed {
		size = d.number()
	}
	return t, size
}

// number reads a UIntBase128.
func (d *directory) number() (n int) {
	for range 5 {
		b := d.bytes(1)[0]
		n = n<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			if n > MostFont {
				d.failed = true
			}
			return n
		}
	}
	d.failed = true
	return 0
}

// knownTags are the tables that have a number, in its order.
const knownTags = "cmapheadhheahmtxmaxpnameOS/2postcvt fpgmglyflocaprepCFF VORGEBDTEBLCgasphdmxkernLTSHPCLTVDMXvheavmtxBASEGDEFGPOSGSUBEBSCJSTFMATHCBDTCBLCCOLRCPALSVG sbixacntavarbdatblocbslncvarfdscfeatfmtxfvargvarhstyjustlcarmortmorxopbdproptrakZapfSilfGlatGlocFeatSill"

// assemble makes a font of tables. A transformed table of outlines becomes an empty one,
// and a transformed table of widths gets its widths back.
func assemble(flavor []byte, tables []sfntTable) ([]byte, error) {
	tables = slices.DeleteFunc(tables, func(t sfntTable) bool { return t.transformed && (t.tag == "glyf" || t.tag == "loca") })
	for i := range tables {
		if t := &tables[i]; t.transformed && t.tag == "hmtx" {
			widths, err := plainWidths(t.data, tables)
			if err != nil {
				return nil, err
			}
			t.data = widths
		}
	}
	slices.SortFunc(tables, func(a, b sfntTable) int { return bytes.Compare([]byte(a.tag), []byte(b.tag)) })
	out := append([]byte{}, flavor...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(tables)))
	out = append(out, make([]byte, 6)...)
	offset := len(out) + 16*len(tables)
	for _, t := range tables {
		out = append(append(out, t.tag...), 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(offset))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		offset += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		out = append(out, make([]byte, (4-len(t.data)%4)%4)...)
	}
	return out, nil
}

// plainWidths undoes the transformation of hmtx: the widths stand there without the
// bearings, which are taken for 0.
func plainWidths(data []byte, tables []sfntTable) ([]byte, error) {
	head, profile := find(tables, "hhea"), find(tables, "maxp")
	if len(head) < 36 || len(profile) < 6 || len(data) < 1 {
		return nil, errWOFF2
	}
	wide, glyphs := int(binary.BigEndian.Uint16(head[34:])), int(binary.BigEndian.Uint16(profile[4:]))
	if len(data) < 1+2*wide || glyphs < wide {
		return nil, errWOFF2
	}
	var out []byte
	for i := range wide {
		out = append(append(out, data[1+2*i], data[2+2*i]), 0, 0)
	}
	return append(out, make([]byte, 2*(glyphs-wide))...), nil
}

func find(tables []sfntTable, tag string) []byte {
	for _, t := range tables {
		if t.tag == tag {
			return t.data
		}
	}
	return nil
}

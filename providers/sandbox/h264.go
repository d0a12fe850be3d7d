package sandbox

import (
	"bytes"
	"image"
)

// A test video is one picture that stands still. It is coded here, as H.264 of the
// baseline profile: macroblocks with writing are stored as they are (I_PCM), those of the
// background repeat their neighbour, and all later pictures repeat the first. The clauses
// are those of ITU-T H.264.

// The size of the picture, in macroblocks of 16 by 16 pixels. The lowest two lines of
// pixels are cropped: the height is no multiple of 16.
const (
	blocksAcross = 30
	blocksDown   = 17
)

// later is how many different codings the pictures after the first one have: they count in
// four bits (7.4.3), and the picture after the sixteenth begins to count anew.
const later = 16

// bits writes the syntax elements of clause 7.2 and 9.1.
type bits struct {
	out     []byte
	free    int // bits that the last byte has left
	skipped int // bytes that belong here and are only counted
}

// put writes the lowest n bits of a value.
func (b *bits) put(value uint32, n int) {
	for ; n > 0; n-- {
		if b.free == 0 {
			b.out = append(b.out, 0)
			b.free = 8
		}
		b.free--
		b.out[len(b.out)-1] |= byte(value>>(n-1)&1) << b.free
	}
}

// exp writes an unsigned Exp-Golomb code; that of a signed zero is the same.
func (b *bits) exp(values ...uint32) {
	for _, v := range values {
		length := 0
		for x := v + 1; x > 1; x >>= 1 {
			length++
		}
		b.put(0, length)
		b.put(v+1, length+1)
	}
}

// end writes the bit that ends a unit, and returns the unit behind its header. Three bytes
// that would read as the beginning of another unit are set apart (7.4.1.1).
func (b *bits) end(header byte) []byte {
	b.put(1, 1)
	unit, zeros := []byte{header}, 0
	for _, c := range b.out {
		if zeros >= 2 && c <= 3 {
			unit, zeros = append(unit, 3), 0
		}
		unit = append(unit, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return unit
}

// sequenceSet and pictureSet are the parameters of clause 7.3.2.1 and 7.3.2.2.
func sequenceSet() []byte {
	var b bits
	b.put(66, 8)   // baseline profile
	b.put(0xc0, 8) // of the constrained kind
	b.put(30, 8)   // level 3
	b.exp(0, 0, 2, 1)
	b.put(0, 1)
	b.exp(blocksAcross-1, blocksDown-1)
	b.put(0b111, 3)   // whole frames, direct inference, cropped
	b.exp(0, 0, 0, 1) // two lines from below
	b.put(0, 1)
	return b.end(0x67)
}

func pictureSet() []byte {
	var b bits
	b.exp(0, 0)
	b.put(0, 2)
	b.exp(0, 0, 0)
	b.put(0, 3)
	b.exp(0, 0, 0)
	b.put(0b100, 3) // a slice says whether it is smoothed at its edges
	return b.end(0x68)
}

// firstPicture codes the picture.
func firstPicture(p picture) []byte {
	var b bits
	p.code(&b, p.ink())
	return b.end(0x65)
}

// firstPictureSize returns the size of the coded picture, without drawing it: services tell
// the size of each video, and drawing a million of them would take minutes.
func firstPictureSize(p picture) int {
	var b bits
	p.code(&b, nil)
	return len(b.end(0x65)) + b.skipped
}

// code writes the picture, or without ink only counts what is stored as it is.
func (p picture) code(b *bits, ink *image.Alpha) {
	b.exp(0, 7, 0) // a slice of intra macroblocks
	b.put(0, 4)
	b.exp(0)
	b.put(0, 2)
	b.exp(0, 1) // no smoothing
	for y := range blocksDown {
		for x := range blocksAcross {
			p.block(b, ink, x, y)
		}
	}
}

// laterPicture codes a picture that repeats the one before it.
func laterPicture(number uint32) []byte {
	var b bits
	b.exp(0, 5, 0) // a slice of predicted macroblocks
	b.put(number%later, 4)
	b.put(0, 3)
	b.exp(0, 1, blocksAcross*blocksDown) // all of them are skipped
	return b.end(0x41)
}

// The types of macroblocks that are used (table 7-11).
const (
	fromAbove  = 1  // I_16x16_0_0_0
	fromLeft   = 2  // I_16x16_1_0_0
	storedAsIs = 25 // I_PCM
)

// block codes one macroblock.
func (p picture) block(b *bits, ink *image.Alpha, x, y int) {
	switch {
	case !p.plain(x, y):
	case y > 0 && p.plain(x, y-1):
		p.repeated(b, fromAbove, x, y)
		return
	case x > 0 && p.plain(x-1, y):
		p.repeated(b, fromLeft, x, y)
		return
	}
	b.exp(storedAsIs)
	b.free = 0
	if ink == nil {
		b.out = append(b.out, dark) // keeps apart what stands before and behind
		b.skipped += blockBytes - 1
		return
	}
	for line := range 16 {
		at := ink.PixOffset(16*x, 16*y+line)
		for _, shade := range ink.Pix[at : at+16] {
			b.out = append(b.out, byte(dark+(bright-dark)*int(shade)/255))
		}
	}
	b.out = append(b.out, bytes.Repeat([]byte{blueness}, 64)...)
	b.out = append(b.out, bytes.Repeat([]byte{redness}, 64)...)
}

// blockBytes is the size of a stored macroblock: 256 bytes of luma, and twice 64 of chroma.
const blockBytes = 256 + 64 + 64

// The background and the writing as luma and chroma (BT.601). The chroma is that of the
// background everywhere. None of these bytes can be part of the beginning of a unit.
const (
	dark     = 52
	bright   = 235
	blueness = 141
	redness  = 121
)

// repeated codes a macroblock that looks like its neighbour. The code for "no difference"
// depends on how the neighbours are coded (9.2.1): a stored one counts as sixteen.
func (p picture) repeated(b *bits, kind uint32, x, y int) {
	b.exp(kind, 0, 0)
	sum, neighbours := 0, 0
	for _, at := range [][2]int{{x - 1, y}, {x, y - 1}} {
		if at[0] < 0 || at[1] < 0 {
			continue
		}
		neighbours++
		if p.stored(at[0], at[1]) {
			sum += 16
		}
	}
	if neighbours == 2 {
		sum = (sum + 1) / 2
	}
	if sum >= 8 {
		b.put(0b000011, 6)
		return
	}
	b.put(1, 1)
}

// stored reports whether a macroblock is stored as it is.
func (p picture) stored(x, y int) bool {
	return !p.plain(x, y) || (y == 0 || !p.plain(x, y-1)) && (x == 0 || !p.plain(x-1, y))
}

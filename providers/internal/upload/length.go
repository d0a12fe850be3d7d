package upload

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"github.com/reelmerge/reelmerge/internal/mp4box"
)

// soundLength returns how long a sound plays, according to its own headers, or 0 if they do
// not tell. No bytes make it panic, and it never reads more than the file.
func soundLength(r io.ReaderAt, size int64, kind string) time.Duration {
	switch kind {
	case typeWAV:
		return lengthOfWAV(r, size)
	case typeMP3:
		return lengthOfMP3(r, size)
	case typeOgg:
		return lengthOfOgg(r, size)
	case typeM4A:
		info, err := mp4box.Read(r, size)
		if err != nil {
			return 0
		}
		return info.Duration
	}
	return 0
}

// playing returns how long a number of samples lasts.
func playing(samples, rate int64) time.Duration {
	if samples <= 0 || rate <= 0 || samples/rate > int64(24*time.Hour/time.Second) {
		// 50 MB cannot be a day of sound, so the headers are wrong.
		return 0
	}
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate)*time.Second/time.Duration(rate)
}

// mostChunks is how many chunks of a file are read. Sounds have a handful; 50 MB of empty
// ones would keep a check busy for long.
const mostChunks = 1000

// lengthOfWAV divides the bytes of the sound by the bytes of a second. Programs that stream
// do not know the first number when they write it. Then the sound is the rest of the file.
func lengthOfWAV(r io.ReaderAt, size int64) time.Duration {
	const headers = 8
	var perSecond int64
	chunk := make([]byte, headers+16)
	at := int64(12)
	for range mostChunks {
		// A short read at the end is handled below.
		n, _ := r.ReadAt(chunk, at)
		if n < headers {
			return 0
		}
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if n == len(chunk) {
				perSecond = int64(binary.LittleEndian.Uint32(chunk[headers+8:]))
			}
		case "data":
			if rest := size - at - headers; length == 0 || length > rest {
				length = rest
			}
			return playing(length, perSecond)
		}
		// Chunks begin at even offsets.
		at += headers + length + length%2
	}
	return 0
}

// lengthOfOgg returns the position of the last page, which counts samples. The first page
// names the rate.
func lengthOfOgg(r io.ReaderAt, size int64) time.Duration {
	head := make([]byte, headBytes)
	n, _ := r.ReadAt(head, 0) // a short file has a short head
	rate, skip := oggRate(head[:n])
	tail := make([]byte, min(size, 1<<16)) // the longest page
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0
	}
	// The last page may have no position. The one before it is nearly as good.
	for at := bytes.LastIndex(tail, []byte("OggS")); at >= 0; at = bytes.LastIndex(tail[:at], []byte("OggS")) {
		if at+14 > len(tail) {
			continue
		}
		if position := int64(binary.LittleEndian.Uint64(tail[at+6:])); position > 0 {
			return playing(position-skip, rate)
		}
	}
	return 0
}

// oggRate returns the samples of a second, and how many samples at the start are not heard.
func oggRate(head []byte) (rate, skip int64) {
	if at := bytes.Index(head, []byte("\x01vorbis")); at >= 0 && at+16 <= len(head) {
		return int64(binary.LittleEndian.Uint32(head[at+12:])), 0
	}
	// Opus always counts at 48 kHz, whatever the rate of the recording.
	if at := bytes.Index(head, []byte("OpusHead")); at >= 0 && at+12 <= len(head) {
		return 48_000, int64(binary.LittleEndian.Uint16(head[at+10:]))
	}
	return 0, 0
}

// lengthOfMP3 counts the frames. The header that should tell their number is often missing
// and sometimes wrong.
func lengthOfMP3(r io.ReaderAt, size int64) time.Duration {
	begin := afterTag(r)
	file := bufio.NewReaderSize(io.NewSectionReader(r, begin, max(0, size-begin)), 1<<16)
	var length time.Duration
	for {
		head, err := file.Peek(4)
		if err != nil || !isFrame(head) {
			return whole(file, length)
		}
		f := frameOf(head)
		// In the free format no header tells where the next frame is.
		if f.bytes == 0 {
			return 0
		}
		if length == 0 && describesOthers(file, f.bytes) {
			f.lasts = 0
		}
		if _, err := file.Discard(f.bytes); err != nil {
			return length // the last frame is cut off
		}
		length += f.lasts
	}
}

// whole returns the length, unless much of the file is left unread. Tags at the end are
// short, so the frames were not really frames.
func whole(file *bufio.Reader, length time.Duration) time.Duration {
	const tags = 1 << 18
	if n, _ := file.Discard(tags); n == tags {
		return 0
	}
	return length
}

// afterTag returns where the sound begins behind an ID3 tag.
func afterTag(r io.ReaderAt) int64 {
	head := make([]byte, 10)
	if n, _ := r.ReadAt(head, 0); n < len(head) || string(head[:3]) != "ID3" {
		return 0
	}
	var length int64
	for _, b := range head[6:] {
		// The length has seven bits in each byte, so that it never looks like the start of
		// a frame.
		length = length<<7 | int64(b&0x7f)
	}
	if head[5]&0x10 != 0 {
		length += 10 // a footer
	}
	return 10 + length
}

// frame is an MPEG audio frame of layer III.
type frame struct {
	bytes int
	lasts time.Duration
}

// frameOf reads a frame header that [isFrame] has accepted.
func frameOf(head []byte) frame {
	kilobits := [2][16]int{
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}, // MPEG 1
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},     // MPEG 2 and 2.5
	}
	rates := [3]int{44_100, 48_000, 32_000}
	version := head[1] >> 3 & 3
	later, samples := 0, 1152
	rate := rates[head[2]>>2&3]
	switch version {
	case 0: // MPEG 2.5
		rate /= 4
		later, samples = 1, 576
	case 2: // MPEG 2
		rate /= 2
		later, samples = 1, 576
	}
	bits := kilobits[later][head[2]>>4] * 1000
	if bits == 0 {
		return frame{}
	}
	return frame{
		bytes: samples/8*bits/rate + int(head[2]>>1&1),
		lasts: time.Duration(samples) * time.Second / time.Duration(rate),
	}
}

// describesOthers reports whether the first frame is a table of the others. Such a frame
// has no sound.
func describesOthers(file *bufio.Reader, length int) bool {
	first, _ := file.Peek(min(length, 64))
	return bytes.Contains(first, []byte("Xing")) || bytes.Contains(first, []byte("Info")) || bytes.Contains(first, []byte("VBRI"))
}

package upload

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// headBytes is how much of a file decides its type.
const headBytes = 512

// The content types that are known, in the form that is sent.
const (
	typeJPEG = "image/jpeg"
	typePNG  = "image/png"
	typeWebP = "image/webp"
	typeMP3  = "audio/mpeg"
	typeWAV  = "audio/wav"
	typeM4A  = "audio/mp4"
	typeOgg  = "audio/ogg"
)

// Extension returns the usual extension of a content type; empty when it is not known.
func Extension(kind string) string {
	return map[string]string{
		typeJPEG: ".jpg", typePNG: ".png", typeWebP: ".webp",
		typeMP3: ".mp3", typeWAV: ".wav", typeM4A: ".m4a", typeOgg: ".ogg",
	}[kind]
}

// sniff returns the type of a file by its first bytes. A type that no service here accepts
// never begins with image/ or audio/, so that the file is refused under its real type.
func sniff(head []byte) string {
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return typeJPEG
	case has(0, "\x89PNG\r\n\x1a\n"):
		return typePNG
	case has(0, "RIFF") && has(8, "WEBP"):
		return typeWebP
	case has(0, "RIFF") && has(8, "WAVE"):
		return typeWAV
	// A tag or a bare frame: many MP3 files have no tag.
	case has(0, "ID3") || isFrame(head):
		return typeMP3
	case has(4, "ftyp"):
		return sniffMP4(head)
	case has(0, "OggS"):
		return sniffOgg(head)
	}
	return foreign(head)
}

// foreign names a type that is not one of the known.
func foreign(head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch {
	case kind == "application/octet-stream":
		return ""
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "audio/"):
		return "a file of type " + kind
	}
	return kind
}

// isFrame reports whether a file begins with an MPEG audio frame of layer III. It rejects
// AAC, which has no layer, and a byte order mark.
func isFrame(head []byte) bool {
	return len(head) >= 4 && head[0] == 0xff && head[1]&0xe0 == 0xe0 &&
		head[1]>>3&3 != 1 && // a version that does not exist
		head[1]>>1&3 == 1 && // layer III
		head[2]>>4 != 15 && head[2]>>2&3 != 3 // a bit rate and a sample rate that do not exist
}

// sniffMP4 tells a sound in an MP4 file from a picture or a film. The brands in its first
// box decide.
func sniffMP4(head []byte) string {
	size := int(min(binary.BigEndian.Uint32(head), headBytes))
	var brands []string
	for at := 8; at+4 <= min(size, len(head)); at += 4 {
		if at != 12 { // the minor version is between the brands
			brands = append(brands, string(head[at:at+4]))
		}
	}
	is := func(some ...string) bool {
		return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(some, b) })
	}
	switch {
	case is("M4A ", "M4B ", "M4P "):
		return typeM4A
	case is("heic", "heix", "mif1", "avif"):
		return "a HEIF or AVIF picture"
	case is("M4V ", "qt  ", "avc1"):
		return "video/mp4"
	case is("isom", "iso2", "iso5", "iso6", "mp41", "mp42", "dash"):
		return typeM4A // no brand names a film
	}
	return "video/mp4"
}

// sniffOgg finds the codec in the first page.
func sniffOgg(head []byte) string {
	for _, codec := range []string{"\x01vorbis", "OpusHead", "\x7fFLAC", "Speex   "} {
		if bytes.Contains(head, []byte(codec)) {
			return typeOgg
		}
	}
	return "a film in an Ogg file"
}

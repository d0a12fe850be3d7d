package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxFile   = 50 << 20              // of each uploaded file
	maxUpload = 2*maxFile + (1 << 20) // of a whole upload

	headerBytes = 64     // enough of a file to read a WAV header
	soundRate   = 16_000 // bytes per second of sound of any other kind: 128 kbit/s
)

// upload holds the fields of a multipart submit.
type upload struct {
	image, audio uploadedFile
	webhook      string
}

// uploadedFile describes a file. The bytes themselves are not kept.
type uploadedFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`

	length time.Duration // of a sound
}

// summary returns the body as the bank shows it.
func (u upload) summary() map[string]any {
	fields := map[string]any{"image": u.image, "audio": u.audio}
	if u.webhook != "" {
		fields["webhookUrl"] = u.webhook
	}
	return fields
}

// soundTypes lists the content types of mp3, wav, m4a and ogg files.
func soundTypes() []string {
	return []string{
		"audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave",
		"audio/mp4", "audio/m4a", "audio/x-m4a", "audio/ogg",
	}
}

// imageTypes lists the content types of pictures.
func imageTypes() []string { return []string{"image/jpeg", "image/png", "image/webp"} }

// readUpload reads the form of a submit without keeping the files.
func readUpload(c *call) (upload, *refusal) {
	form, err := c.MultipartReader()
	if err != nil {
		return upload{}, badRequest("Expected multipart/form-data")
	}
	var u upload
	for {
		// The parts are read one after the other, so no file is in memory as a whole.
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return u, u.check()
		}
		if err != nil {
			return upload{}, badRequest("Malformed multipart body")
		}
		if refused := u.read(part); refused != nil {
			return upload{}, refused
		}
	}
}

// read reads one part of the form. Unknown parts are ignored.
func (u *upload) read(part *multipart.Part) (refused *refusal) {
	switch part.FormName() {
	case "image":
		u.image, refused = readFile(part, imageTypes())
	case "audio":
		u.audio, refused = readFile(part, soundTypes())
	case "webhookUrl":
		text, err := io.ReadAll(io.LimitReader(part, 8192))
		if err != nil {
			return badRequest("Malformed multipart body")
		}
		u.webhook = string(text)
	}
	return refused
}

// check refuses an incomplete form.
func (u *upload) check() *refusal {
	switch {
	case u.image.SHA256 == "":
		return badRequest("Missing field: image")
	case u.audio.SHA256 == "":
		return badRequest("Missing field: audio")
	case u.webhook != "" && (!strings.HasPrefix(u.webhook, "https://") || !isWebURL(u.webhook)):
		return badRequest("Invalid webhookUrl: must start with https://")
	}
	return nil
}

// readFile reads one file of the form. A part that is not a file counts as missing.
func readFile(part *multipart.Part, types []string) (uploadedFile, *refusal) {
	if part.FileName() == "" {
		return uploadedFile{}, badRequest("Missing file: " + part.FormName())
	}
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, kind) {
		return uploadedFile{}, &refusal{status: http.StatusUnsupportedMediaType, text: "Unsupported MIME type of " + part.FormName()}
	}
	sum := sha256.New()
	var head bytes.Buffer
	// Only the head is kept, for the length of a sound. The rest goes through the hash, so
	// that an upload of 50 MB needs little memory.
	size, err := io.CopyN(io.MultiWriter(&head, sum), part, headerBytes)
	if err == nil {
		var rest int64
		// One byte more than allowed shows that the file is too large.
		rest, err = io.CopyN(sum, part, maxFile+1-size)
		size += rest
	}
	switch {
	case size > maxFile:
		return uploadedFile{}, &refusal{status: http.StatusRequestEntityTooLarge, text: "File too large: " + part.FormName() + " exceeds 50 MB"}
	case err != nil && !errors.Is(err, io.EOF):
		return uploadedFile{}, badRequest("Malformed multipart body")
	case size == 0:
		return uploadedFile{}, badRequest("Empty file: " + part.FormName())
	}
	return uploadedFile{
		Name: part.FileName(), Type: kind, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)),
		length: soundLength(head.Bytes(), size),
	}, nil
}

// soundLength returns the length of a sound, which is also the length of the video. It is
// exact for a plain WAV file, and an estimate by size for others.
func soundLength(head []byte, size int64) time.Duration {
	rate := int64(soundRate)
	if len(head) >= 44 && string(head[:4]) == "RIFF" && string(head[8:16]) == "WAVEfmt " {
		if r := int64(binary.LittleEndian.Uint32(head[28:])); r > 0 {
			rate, size = r, max(0, size-44)
		}
	}
	length := time.Duration(float64(size) / float64(rate) * float64(time.Second))
	return max(lengthGranularity, length.Round(lengthGranularity))
}

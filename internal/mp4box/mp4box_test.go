package mp4box_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/mp4box"
)

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

var (
	fileType = box("ftyp", []byte("isom"), words(512), []byte("isomavc1"))
	pictures = box("mdat", bytes.Repeat([]byte{7}, 300))
)

// movie is a header of version 0 with a length in milliseconds.
func movie(ticks uint32) []byte {
	return box("moov", box("mvhd", words(0, 0, 0, 1000, ticks), make([]byte, 80)))
}

func file(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func read(b []byte) (mp4box.Info, error) { return mp4box.Read(bytes.NewReader(b), int64(len(b))) }

func TestWholeFilesSayHowLongTheyPlay(t *testing.T) {
	wide := box("moov", box("mvhd", words(1<<24, 0, 0, 0, 0, 90000, 0, 90000*61), make([]byte, 80)))
	fragmented := box("moov", box("mvhd", words(0, 0, 0, 1000, 0)), box("mvex", box("mehd", words(0, 5000))))
	long := append(binary.BigEndian.AppendUint64(append(words(1), "mdat"...), 16+5), 1, 2, 3, 4, 5)
	for name, c := range map[string]struct {
		file []byte
		want time.Duration
	}{
		"movie first":    {file(fileType, movie(12_345), pictures), 12_345 * time.Millisecond},
		"movie last":     {file(fileType, box("free"), pictures, movie(1)), time.Millisecond},
		"wide header":    {file(fileType, wide, pictures), 61 * time.Second},
		"fragments":      {file(fileType, fragmented, box("moof"), pictures), 5 * time.Second},
		"long size":      {file(fileType, movie(1000), long), time.Second},
		"open end":       {file(fileType, movie(1000), words(0), []byte("mdat and on")), time.Second},
		"unknown length": {file(fileType, movie(math.MaxUint32), pictures), 0},
		"no scale":       {file(fileType, box("moov", box("mvhd", words(0, 0, 0, 0, 9))), pictures), 0},
	} {
		got, err := read(c.file)
		if err != nil || got.Duration != c.want || got.Brand != "isom" {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestACutFileIsRefusedWhereverItIsCut(t *testing.T) {
	for _, whole := range [][]byte{file(fileType, movie(1000), pictures), file(fileType, pictures, movie(1000))} {
		for n := range whole {
			if info, err := read(whole[:n]); err == nil {
				t.Fatalf("%d of %d bytes pass as a file of %v", n, len(whole), info.Duration)
			}
		}
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":     nil,
		"page":        []byte("<!DOCTYPE html><html><body>This link has expired</body></html>"),
		"json":        []byte(`{"error":"expired"}`),
		"zeros":       make([]byte, 4096),
		"tiny box":    file(fileType, words(4), []byte("free")),
		"no type":     file(movie(1000), pictures),
		"webm":        {0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86, 0x81, 1, 0x42, 0xf7, 0x81, 1},
		"short type":  file(box("ftyp", []byte("iso")), movie(1000), pictures),
		"many boxes":  file(fileType, bytes.Repeat(box("free"), 70_000), movie(1000), pictures),
		"long header": file(fileType, words(1), []byte("mdat"), words(0)),
	} {
		if _, err := read(b); !errors.Is(err, mp4box.ErrForeign) && !errors.Is(err, mp4box.ErrCut) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesOfAnEncoderAreUnderstood(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed; no file of a real encoder is read")
	}
	for name, flags := range map[string][]string{
		"plain": nil, "movie first": {"-movflags", "faststart"}, "fragments": {"-movflags", "frag_keyframe+empty_moov+default_base_moof"},
	} {
		path := filepath.Join(t.TempDir(), "video.mp4")
		arguments := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=duration=3:size=64x64:rate=10", "-pix_fmt", "yuv420p"}, flags...)
		if text, err := exec.CommandContext(t.Context(), ffmpeg, append(arguments, path)...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v\n%s", err, text)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := read(content)
		if err != nil || info.Duration != 3*time.Second && (name != "fragments" || info.Duration != 0) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if _, err := read(content[:len(content)*2/3]); !errors.Is(err, mp4box.ErrCut) {
			t.Errorf("%s, cut: %v", name, err)
		}
	}
}

func FuzzReadTakesAnything(f *testing.F) {
	f.Add(file(fileType, movie(1000), pictures))
	f.Add(file(fileType, box("moov", box("mvhd", words(1<<24, 0, 0, 0, 0, 90000, math.MaxUint32, 0))), pictures))
	f.Add(file(words(1), []byte("ftyp"), words(math.MaxUint32, math.MaxUint32)))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := read(b)
		if info.Duration < 0 || err != nil && info != (mp4box.Info{}) {
			t.Errorf("%+v, %v", info, err)
		}
	})
}

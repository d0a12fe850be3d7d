package vidgen_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// frames are n frames of an MP3 file, by their header and their length.
func frames(header string, length, n int) string {
	return strings.Repeat(header+strings.Repeat("\x00", length-len(header)), n)
}

// The headers of frames of 1152 samples at 44100 and of 576 at 22050 a second.
const (
	mpeg1 = "\xff\xfb\x90\x64" // 128 kbit/s: 417 bytes
	mpeg2 = "\xff\xf3\x80\xc4" // 64 kbit/s: 208 bytes
)

// table is a first frame that describes the others.
func table() string {
	return mpeg1 + strings.Repeat("\x00", 32) + "Xing" + strings.Repeat("\x00", 417-40)
}

// page is an Ogg page whose last sample has a position.
func page(position uint64, content string) string {
	head := []byte("OggS\x00\x00........\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff")
	binary.LittleEndian.PutUint64(head[6:], position)
	return string(head) + content
}

func vorbis(rate uint32) string {
	return "\x01vorbis\x00\x00\x00\x00\x01" + string(binary.LittleEndian.AppendUint32(nil, rate)) + strings.Repeat("\x00", 16)
}

func box(name, content string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + name + content
}

// sound is an M4A file of so many milliseconds.
func sound(milliseconds uint32) string {
	times := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1000), milliseconds)
	header := strings.Repeat("\x00", 12) + string(times) + strings.Repeat("\x00", 80)
	return box("ftyp", "M4A \x00\x00\x02\x00") + box("moov", box("mvhd", header)) + box("mdat", "sound")
}

// streamed is a WAV file whose writer did not know its length.
func streamed(n int, length uint32) string {
	file := []byte(wav(n))
	binary.LittleEndian.PutUint32(file[40:], length)
	return string(file)
}

func TestASoundSaysHowLongItPlays(t *testing.T) {
	const frame1, frame2 = 1152 * time.Second / 44_100, 576 * time.Second / 22_050
	for name, test := range map[string]struct {
		content string
		want    time.Duration
	}{
		"wav":                         {wav(0), time.Second},
		"wav, streamed":               {streamed(4, 0xffffffff), 1001 * time.Millisecond},
		"wav, length left at zero":    {streamed(4, 0), 1001 * time.Millisecond},
		"wav, with another chunk":     {strings.Replace(wav(0), "data", "LIST\x03\x00\x00\x00abc\x00data", 1), time.Second},
		"wav, of no rate":             {strings.Replace(wav(0), "\x40\x1f\x00\x00\x40\x1f\x00\x00", strings.Repeat("\x00", 8), 1), 0},
		"wav, no more than its head":  {"RIFF\x10\x00\x00\x00WAVE", 0},
		"wav, parts without end":      {strings.Replace(wav(0), "data", strings.Repeat("void\x00\x00\x00\x00", 2000)+"data", 1), 0},
		"mp3":                         {frames(mpeg1, 417, 100), 100 * frame1},
		"mp3 of two rates":            {frames(mpeg1, 417, 50) + frames("\xff\xfb\x50\x64", 208, 50), 100 * frame1},
		"mp3, a table first":          {table() + frames(mpeg1, 417, 100), 100 * frame1},
		"mp3 of MPEG 2":               {frames(mpeg2, 208, 10), 10 * frame2},
		"mp3, tags around it":         {"ID3\x04\x00\x00\x00\x00\x01\x00" + strings.Repeat("\xff", 128) + frames(mpeg1, 417, 10) + "TAG" + strings.Repeat("\x00", 125), 10 * frame1},
		"mp3, cut in the last frame":  {frames(mpeg1, 417, 10)[:4000], 9 * frame1},
		"mp3, a tag as long as all":   {"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + frames(mpeg1, 417, 10), 0},
		"mp3 of a free format":        {frames("\xff\xfb\x00\x64", 417, 10), 0},
		"mp3, much that is no sound":  {frames(mpeg1, 417, 10) + strings.Repeat("\x00", 1<<19), 0},
		"m4a":                         {sound(12_345), 12_345 * time.Millisecond},
		"m4a, cut":                    {sound(12_345)[:100], 0},
		"vorbis":                      {page(0, vorbis(44_100)) + page(44_100*3, "sound"), 3 * time.Second},
		"opus":                        {page(0, "OpusHead\x01\x01\x38\x01") + page(48_000*2+312, "sound"), 2 * time.Second},
		"ogg, the end of it missing":  {page(0, vorbis(44_100)), 0},
		"ogg, a page without its end": {page(0, vorbis(44_100)) + page(44_100, "a") + page(1<<64-1, "b"), time.Second},
		"ogg of no rate":              {page(0, vorbis(0)) + page(44_100, "a"), 0},
		"ogg of a thousand years":     {page(0, vorbis(1)) + page(1<<40, "a"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			media, _ := attach(t, newChecker(t, providers.Prices{}), "", write(t, "a.png", png), write(t, "a", test.content))
			if len(media) != 2 || (media[1].Length-test.want).Abs() > time.Millisecond || media[0].Length != 0 {
				t.Errorf("%+v, want %v", media, test.want)
			}
		})
	}
}

func TestASoundPricesItsVideo(t *testing.T) {
	price := credit.Of(3)
	checker := newChecker(t, providers.Prices{Unit: "EUR", PerMinute: &price})
	media, _ := attach(t, checker, "", write(t, "a.png", png), write(t, "a.m4a", sound(90_000)))
	r := providers.Request{Operation: vidgen.Job, Media: media}
	length := checker.Measure(r)
	quoted := checker.Quote(r, length)
	want, err := credit.Parse("4.5")
	if err != nil {
		t.Fatal(err)
	}
	if length.Likely != 90*time.Second || quoted.Low != want || quoted.High != want || quoted.Basis != credit.Configured {
		t.Errorf("%v of video quoted %+v", length, quoted)
	}
	done := providers.Progress{Outcome: providers.Succeeded}
	if got := checker.Charge(quoted, done); got != (credit.Charge{Amount: want, Basis: credit.Configured}) {
		t.Errorf("charged %+v", got)
	}
	if got := checker.Charge(credit.Estimate{Low: want, Likely: want, High: want + 1, Basis: credit.Configured}, done); got.Basis != credit.Unknown {
		t.Errorf("charged %+v for a video whose length nobody knows", got)
	}
	if length := checker.Measure(providers.Request{}); length.Known() {
		t.Errorf("no sound is %v long", length)
	}
}

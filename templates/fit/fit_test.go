package fit_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/reelmerge/reelmerge/templates/fit"
)

func regular(t testing.TB) *fit.Font {
	t.Helper()
	f, err := fit.Parse(goregular.TTF, fit.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func headline() fit.Box { return fit.Box{Width: 700, Height: 160, Size: 64, LineHeight: 1.2} }

func TestVerdicts(t *testing.T) {
	upper := headline()
	upper.Upper = true
	for _, tt := range []struct {
		text string
		box  fit.Box
		want string
	}{
		{"", headline(), "fits"},
		{"  \n ", headline(), "fits"},
		{"Hello Ada!", headline(), "fits 1"},
		{"Hello Ada!" + strings.Repeat(" ", 200), headline(), "fits 1"}, // blanks at the end hang over the edge
		{"Hello\nAda!", headline(), "fits 2"},
		{"Hello\r\nAda!\r\n", headline(), "fits 2"},
		{"Hello\n\nAda!", headline(), "tall 3, 1 over by 70 px"},
		{"Hello Bartholomew Alexander the Great of Macedon!", headline(), "tall 3, 1 over by 70 px"},
		{"Donaudampfschifffahrtsgesellschaft", headline(), `wide "Donaudampfschifffahrtsgesellschaft" by 322 px`},
		{"Donau\u00addampf\u00adschiff\u00adfahrts\u00adgesellschaft", headline(), "fits 2"},
		{"Donau-dampf-schiff-fahrts-gesellschaft", headline(), "fits 2"},
		{"Hello Ada from Paris", headline(), "fits 1"},
		{"Hello Ada from Paris", upper, "fits 2"},
		{"straßenbahnhaltestelle", upper, `wide "STRASSENBAHNHALTESTELLE" by 267 px`},
		{"Jose\u0301", headline(), "fits 1"}, // the font has é, and no accent of its own
		{"日本", headline(), "unknown '日'"},
		{"Ada 😀", headline(), "unknown '😀'"},
		{"Ada\tLovelace", headline(), "unknown '\\t'"},
		{"1\ufe0f\u20e3", headline(), "unknown '\ufe0f'"},
		{strings.Repeat("x", 100_000), headline(), `wide "xxx…" by 639300 px`},
	} {
		got := describe(fit.New(regular(t), tt.box).Fit(tt.text))
		if got != tt.want {
			t.Errorf("%.40q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func describe(v fit.Verdict) string {
	switch {
	case v.Kind == fit.Tall:
		return fmt.Sprintf("tall %d, %d over by %.0f px", v.Lines, v.LinesOver, v.PixelsOver)
	case v.Kind == fit.Wide && len(v.Word) > 100:
		return fmt.Sprintf("wide %q by %.0f px", v.Word[:3]+"…", v.PixelsOver)
	case v.Kind == fit.Wide:
		return fmt.Sprintf("wide %q by %.0f px", v.Word, v.PixelsOver)
	case v.Kind == fit.Unknown:
		return fmt.Sprintf("unknown %q", v.Missing)
	case v.Lines == 0:
		return "fits"
	}
	return fmt.Sprintf("fits %d", v.Lines)
}

// TestScriptsWithoutBlanks: where a text of Thai breaks is in a dictionary that is not here.
// It fits if it fits unbroken, it does not if it does not fit broken anywhere, and of the
// rest nothing is claimed.
func TestScriptsWithoutBlanks(t *testing.T) {
	f := anyFont(t, "ภาษาไทย", "/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf", "/usr/share/fonts/truetype/tlwg/Garuda.ttf", "/usr/share/fonts/opentype/tlwg/Garuda.otf")
	box := headline()
	for text, want := range map[string]fit.Kind{"ภาษาไทย": fit.Fits, strings.Repeat("ภาษาไทย", 5): fit.Unknown, strings.Repeat("ภาษาไทย", 50): fit.Tall} {
		if got := fit.New(f, box).Fit(text); got.Kind != want {
			t.Errorf("%s: %+v, want %v", text, got, want)
		}
	}
}

// TestAHyphenBetweenHebrewLetters: browsers break a line behind it.
func TestAHyphenBetweenHebrewLetters(t *testing.T) {
	f := anyFont(t, "ירושלים-ההזמנה", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf")
	if got := fit.New(f, fit.Box{Width: 125, Height: 168, Size: 28, LineHeight: 1.5}).Fit("ירושלים-ההזמנה"); got.Kind != fit.Fits || got.Lines != 2 {
		t.Errorf("%+v", got)
	}
}

// TestAFontOfEveryKind gives the same font in four kinds of files.
func TestAFontOfEveryKind(t *testing.T) {
	want := width(t, goregular.TTF, fit.Cut{})
	files := map[string][]byte{"woff2": woff2(t, goregular.TTF, false), "woff2 with its widths transformed": woff2(t, goregular.TTF, true), "ttc": collection(gobold.TTF, goregular.TTF)}
	for name, data := range files {
		c := fit.Cut{}
		if name == "ttc" {
			c.Face = 1
		}
		if got := width(t, data, c); got != want {
			t.Errorf("%s: %v px, want %v", name, got, want)
		}
	}
	if bold := width(t, files["ttc"], fit.Cut{}); bold <= want {
		t.Errorf("the bold face of the collection has %v px, the regular one %v", bold, want)
	}
}

// anyFont reads the first of some files that has the text; the test is skipped without one.
func anyFont(t *testing.T, text string, paths ...string) *fit.Font {
	t.Helper()
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil {
			if f, err := fit.Parse(data, fit.Cut{}); err == nil && fit.New(f, headline()).Fit(text).Missing == 0 {
				return f
			}
		}
	}
	t.Skipf("SKIPPED: no font with %q is installed", text)
	return nil
}

func width(t *testing.T, data []byte, c fit.Cut) float64 {
	t.Helper()
	f, err := fit.Parse(data, c)
	if err != nil {
		t.Fatal(err)
	}
	return fit.New(f, fit.Box{Width: 9e9, Height: 9e9, Size: 64, LineHeight: 1}).Lines("To: AVATAR, Жанна & Ελένη")[0].Width
}

// woff2 packs a font; its outlines are either left as they are, or stand for those that a
// packer has transformed.
func woff2(t *testing.T, ttf []byte, transform bool) []byte {
	t.Helper()
	var plain, list []byte
	count := int(binary.BigEndian.Uint16(ttf[4:]))
	number := func(n int) []byte {
		return []byte{0x80 | byte(n>>21), 0x80 | byte(n>>14&0x7f), 0x80 | byte(n>>7&0x7f), byte(n & 0x7f)}
	}
	metrics := int(binary.BigEndian.Uint16(table(ttf, "hhea")[34:]))
	for i := range count {
		tag := string(ttf[12+16*i : 16+16*i])
		data := table(ttf, tag)
		flags, moved := byte(0x3f), false
		switch {
		case transform && tag == "hmtx":
			packed := []byte{3}
			for g := range metrics {
				packed = append(packed, data[4*g:4*g+2]...)
			}
			data, moved, flags = packed, true, flags|0x40
		case transform && (tag == "glyf" || tag == "loca"):
			data, moved = []byte("outlines")[:len("outlines")*len(tag)/4*btoi(tag == "glyf")], true
		case tag == "glyf" || tag == "loca":
			flags |= 0xc0
		}
		list = append(append(append(list, flags), tag...), number(len(table(ttf, tag)))...)
		if moved {
			list = append(list, number(len(data))...)
		}
		plain = append(plain, data...)
	}
	var packed bytes.Buffer
	w := brotli.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 48)
	copy(head, "wOF2")
	copy(head[4:], ttf[:4])
	binary.BigEndian.PutUint16(head[12:], uint16(count))
	binary.BigEndian.PutUint32(head[20:], uint32(packed.Len()))
	return append(append(head, list...), packed.Bytes()...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// table is one table of a font.
func table(ttf []byte, tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		entry := ttf[12+16*i:]
		if string(entry[:4]) == tag {
			at, size := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
			return ttf[at : at+size]
		}
	}
	return nil
}

// collection joins fonts in one file.
func collection(fonts ...[]byte) []byte {
	out := append([]byte("ttcf\x00\x01\x00\x00"), 0, 0, 0, byte(len(fonts)))
	offset := len(out) + 4*len(fonts)
	for _, f := range fonts {
		out = binary.BigEndian.AppendUint32(out, uint32(offset))
		offset += len(f)
	}
	for _, f := range fonts {
		moved := bytes.Clone(f)
		for i := range int(binary.BigEndian.Uint16(f[4:])) {
			at := moved[12+16*i+8:]
			binary.BigEndian.PutUint32(at, binary.BigEndian.Uint32(at)+uint32(len(out)))
		}
		out = append(out, moved...)
	}
	return out
}

func TestFilesThatAreNoFonts(t *testing.T) {
	huge := make([]byte, 50<<20)
	copy(huge, goregular.TTF)
	bomb := woff2(t, goregular.TTF, false)
	binary.BigEndian.PutUint16(bomb[12:], 3) // most of the stream is announced nowhere
	greedy := bytes.Clone(goregular.TTF)
	greedy[24] = 0xc0 // the first table says that it has three gigabytes
	for name, tt := range map[string]struct {
		data []byte
		cut  fit.Cut
		want string
	}{
		"a greedy table":  {greedy, fit.Cut{}, "the font is damaged"},
		"nothing":         {nil, fit.Cut{}, fit.ErrNoFont.Error()},
		"a text":          {[]byte("this is no font"), fit.Cut{}, fit.ErrNoFont.Error()},
		"a page":          {[]byte("<html>not found</html>"), fit.Cut{}, fit.ErrNoFont.Error()},
		"WOFF":            {[]byte("wOFF\x00\x01\x00\x00"), fit.Cut{}, fit.ErrNoFont.Error()},
		"50 MB":           {huge, fit.Cut{}, "it has 50 MB; 32 are the most"},
		"half a font":     {goregular.TTF[:len(goregular.TTF)/2], fit.Cut{}, "the font is damaged"},
		"half a WOFF2":    {woff2(t, goregular.TTF, false)[:9_000], fit.Cut{}, "the WOFF2 font is damaged"},
		"too long inside": {bomb, fit.Cut{}, "the WOFF2 font is damaged"},
		"no such face":    {goregular.TTF, fit.Cut{Face: 2}, "it has no face 2; they are counted from 0 to 0"},
	} {
		if f, err := fit.Parse(tt.data, tt.cut); err == nil || err.Error() != tt.want || f != nil {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if _, err := fit.Parse([]byte("x"), fit.Cut{}); !errors.Is(err, fit.ErrNoFont) {
		t.Error(err)
	}
}

// FuzzFont gives damaged fonts, which must neither crash nor hang.
func FuzzFont(f *testing.F) {
	f.Add(uint32(300), []byte{0xff, 0xff, 0, 1}, "Hello Ada")
	f.Add(uint32(20), []byte{0x7f}, "fi AV é")
	f.Fuzz(func(t *testing.T, at uint32, change []byte, text string) {
		data := bytes.Clone(goregular.TTF)
		copy(data[int(at)%len(data):], change)
		font, err := fit.Parse(data, fit.Cut{})
		if err != nil {
			return
		}
		fit.New(font, headline()).Fit(text[:min(len(text), 200)])
	})
}

// FuzzText: a text with more room never fits worse.
func FuzzText(f *testing.F) {
	for _, s := range []string{"Hello Ada!", "a\u00adb c-d\n\n e", "ภาษา 東京 שלום 😀"} {
		f.Add(s, uint16(300))
	}
	font := regular(f)
	f.Fuzz(func(t *testing.T, text string, wide uint16) {
		text = text[:min(len(text), 400)]
		narrow := fit.Box{Width: float64(wide % 900), Height: 160, Size: 40, LineHeight: 1.2}
		wider := narrow
		wider.Width *= 1.5
		before, after := fit.New(font, narrow).Fit(text), fit.New(font, wider).Fit(text)
		if before.Kind == fit.Fits && after.Kind != fit.Fits {
			t.Errorf("%q fits in %v px and not in %v: %+v", text, narrow.Width, wider.Width, after)
		}
	})
}

// BenchmarkFit is one box of one row, with a name of its own in each.
func BenchmarkFit(b *testing.B) {
	w := fit.New(regular(b), headline())
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprintf("Hello %s %s, welcome to %s!", []string{"Ada", "Bartholomew", "Zoë"}[i%3], strings.Repeat("von", i%5), []string{"Paris", "Llanfair", "Ulm"}[i%7%3])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.Fit(texts[i%len(texts)])
	}
}

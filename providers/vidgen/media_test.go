package vidgen_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

func newChecker(t *testing.T, p providers.Prices) *vidgen.Checker {
	t.Helper()
	checker, err := vidgen.NewChecker(vidgen.Job, p)
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// attach checks a pair of files in a folder.
func attach(t *testing.T, checker providers.Attacher, folder, image, audio string) ([]providers.Media, []string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"image": image, "audio": audio})
	if err != nil {
		t.Fatal(err)
	}
	media, problems := checker.Attach(
		providers.Request{Operation: vidgen.Job, Body: body},
		func(name string) providers.Placed { return providers.Placed{Path: filepath.Join(folder, name)} },
	)
	var lines []string
	for _, p := range problems {
		if p.Message == "" || p.Hint == "" {
			t.Errorf("problem without message or hint: %+v", p)
		}
		line := p.Code + " " + p.Pointer
		if !p.IsError() {
			line = "warning " + line
		}
		lines = append(lines, line)
	}
	return media, lines
}

func mp4(brands string) string {
	return string([]byte{0, 0, 0, byte(8 + len(brands))}) + "ftyp" + brands + "\x00\x00\x00\x08free"
}

func TestFilesAreKnownByTheirContent(t *testing.T) {
	for name, test := range map[string]struct{ part, content, kind string }{
		"jpeg":                   {"image", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		"png":                    {"image", png, "image/png"},
		"webp":                   {"image", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		"gif":                    {"image", "GIF89a\x01\x00\x01\x00", ""},
		"heic":                   {"image", mp4("heic\x00\x00\x00\x00mif1heic"), ""},
		"avif":                   {"image", mp4("avif\x00\x00\x00\x00mif1"), ""},
		"bmp":                    {"image", "BM\x46\x00\x00\x00", ""},
		"svg":                    {"image", `<svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		"a web page called .png": {"image", "<!doctype html><html>", ""},
		"a sound as picture":     {"image", wav(1), ""},
		"one byte":               {"image", "\xff", ""},
		"mp3 with tags":          {"audio", "ID3\x04\x00\x00\x00\x00\x00\x00", "audio/mpeg"},
		"mp3 without tags":       {"audio", "\xff\xfb\x90\x64\x00\x00", "audio/mpeg"},
		"mp3 of MPEG 2":          {"audio", "\xff\xf3\x84\xc4\x00\x00", "audio/mpeg"},
		"aac":                    {"audio", "\xff\xf1\x50\x80\x00\x00", ""},
		"mp2":                    {"audio", "\xff\xfd\x90\x64\x00\x00", ""},
		"text in UTF-16":         {"audio", "\xff\xfea\x00b\x00", ""},
		"wav":                    {"audio", wav(1), "audio/wav"},
		"avi":                    {"audio", "RIFF\x10\x00\x00\x00AVI LIST", ""},
		"aiff":                   {"audio", "FORM\x00\x00\x00\x10AIFFCOMM", ""},
		"flac":                   {"audio", "fLaC\x00\x00\x00\x22", ""},
		"m4a":                    {"audio", mp4("M4A \x00\x00\x02\x00isomiso2"), "audio/mp4"},
		"m4a, brand comes late":  {"audio", mp4("isom\x00\x00\x02\x00M4A "), "audio/mp4"},
		"sound in mp4":           {"audio", mp4("isom\x00\x00\x02\x00isomiso2mp41"), "audio/mp4"},
		"film in mp4":            {"audio", mp4("isom\x00\x00\x02\x00isomiso2avc1mp41"), ""},
		"film of Apple's":        {"audio", mp4("qt  \x00\x00\x02\x00qt  "), ""},
		"mp4 cut off":            {"audio", "\x00\x00\x00\x20ftyp", ""},
		"opus":                   {"audio", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead", "audio/ogg"},
		"vorbis":                 {"audio", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x01vorbis", "audio/ogg"},
		"film in Ogg":            {"audio", "OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x80theora", ""},
		"a picture as sound":     {"audio", png, ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"image": write(t, "a.png", png), "audio": write(t, "a.mp3", wav(1))}
			files[test.part] = write(t, "a."+test.part, test.content)
			media, problems := attach(t, newChecker(t, providers.Prices{}), "", files["image"], files["audio"])
			if test.kind == "" {
				if diff := cmp.Diff([]string{"VID-F1 /" + test.part}, problems); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				return
			}
			if problems != nil || len(media) != 2 {
				t.Fatalf("media %+v, problems %v", media, problems)
			}
			for _, m := range media {
				m.Length = 0 // see TestASoundSaysHowLongItPlays
				want := providers.Media{Part: test.part, Path: files[test.part], Type: test.kind, SHA256: hash(test.content), Size: int64(len(test.content))}
				if diff := cmp.Diff(want, m); m.Part == test.part && diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
}

// sized makes a file of a size that takes no room on the disk.
func sized(t *testing.T, head string, size int64) string {
	t.Helper()
	path := write(t, "large", head)
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFiftyMegabytesAreTheMost(t *testing.T) {
	image := write(t, "a.png", png)
	for size, want := range map[int64][]string{
		0:          {"VID-F2 /audio"},
		50_000_000: nil,
		50_000_001: {"warning VID-F2 /audio"},
		52_428_800: {"warning VID-F2 /audio"},
		52_428_801: {"VID-F2 /audio"},
		1 << 40:    {"VID-F2 /audio"}, // not read to its end
	} {
		_, problems := attach(t, newChecker(t, providers.Prices{}), "", image, sized(t, wav(1), size))
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("%d bytes (-want +got)\n%s", size, diff)
		}
	}
}

func TestWhatIsNoFileIsAProblem(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"a.png": png, "a.wav": wav(1)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for value, want := range map[string][]string{
		"missing.wav":                      {"ROW-MEDIA /audio"},
		".":                                {"ROW-MEDIA /audio"},
		"../../../../../../../../dev/zero": {"ROW-MEDIA /audio"},
		"a\x00b":                           {"ROW-MEDIA /audio"},
		"":                                 nil, // the check says so
		"  ":                               nil,
		" a.wav ":                          nil,
	} {
		_, problems := attach(t, newChecker(t, providers.Prices{}), folder, "a.png", value)
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("%q (-want +got)\n%s", value, diff)
		}
	}
}

func TestAMissingFileIsNamedWithThePathThatWasLookedAt(t *testing.T) {
	folder := t.TempDir()
	_, problems := newChecker(t, providers.Prices{}).Attach(
		providers.Request{Body: json.RawMessage(`{"image":"faces/ana.png"}`)},
		func(name string) providers.Placed { return providers.Placed{Path: filepath.Join(folder, name)} },
	)
	looked := filepath.Join(folder, "faces", "ana.png")
	if len(problems) != 1 || !strings.Contains(problems[0].Hint, looked) || problems[0].Value != "faces/ana.png" || strings.Contains(problems[0].Message, "ana") {
		t.Errorf("%+v, want %q in the hint, and in no message, which is kept with the row", problems, looked)
	}
}

// TestWhatItsPlaceSaysOfAFileIsToldOfItsPart: not looked at, warned of, refused, or
// too large to be brought here.
func TestWhatItsPlaceSaysOfAFileIsToldOfItsPart(t *testing.T) {
	image := write(t, "a.png", png)
	for name, test := range map[string]struct {
		placed providers.Placed
		media  int
		want   []string
	}{
		"nobody looked": {providers.Placed{}, 0, nil},
		"warned of":     {providers.Placed{Path: image, Problem: &problem.Problem{Severity: problem.Warning, Code: "ROW-MEDIA-KEPT"}}, 1, []string{"warning ROW-MEDIA-KEPT /image https://cdn.example.com/a.png?…"}},
		"refused":       {providers.Placed{Problem: &problem.Problem{Code: "ROW-MEDIA-URL"}}, 0, []string{"ROW-MEDIA-URL /image https://cdn.example.com/a.png?…"}},
		"too large":     {providers.Placed{TooLarge: 60_000_000}, 0, []string{"VID-F2 /image https://cdn.example.com/a.png?…"}},
	} {
		media, problems := newChecker(t, providers.Prices{}).Attach(
			providers.Request{Body: json.RawMessage(`{"image":"https://cdn.example.com/a.png?signature=sesame"}`)},
			func(string) providers.Placed { return test.placed },
		)
		var lines []string
		for _, p := range problems {
			line := p.Code + " " + p.Pointer + " " + p.Value
			if !p.IsError() {
				line = "warning " + line
			}
			lines = append(lines, line)
		}
		if diff := cmp.Diff(test.want, lines); diff != "" || len(media) != test.media {
			t.Errorf("%s: %d media (-want +got)\n%s", name, len(media), diff)
		}
	}
}

func TestAnAddressThatWasFetchedBeforeIsAFile(t *testing.T) {
	fetched := map[string]string{
		"https://cdn.example.com/face.png": write(t, "face", png),
		"https://cdn.example.com/7001.wav": write(t, "sound", wav(1)),
	}
	body := `{"image":"https://cdn.example.com/face.png","audio":"https://cdn.example.com/7001.wav"}`
	media, problems := newChecker(t, providers.Prices{}).Attach(
		providers.Request{Body: json.RawMessage(body)}, func(name string) providers.Placed { return providers.Placed{Path: fetched[name]} },
	)
	if len(problems) != 0 || len(media) != 2 || media[1].SHA256 != hash(wav(1)) {
		t.Errorf("media %+v, problems %+v", media, problems)
	}
}

func TestAFileThatChangedIsReadAgain(t *testing.T) {
	checker, image, audio := newChecker(t, providers.Prices{}), write(t, "a.png", png), write(t, "a.wav", wav(1))
	before, _ := attach(t, checker, "", image, audio)
	if err := os.WriteFile(audio, []byte(wav(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	after, _ := attach(t, checker, "", image, audio)
	if before[1].SHA256 != hash(wav(1)) || after[1].SHA256 != hash(wav(2)) || before[0] != after[0] {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// FuzzSniff reads random files. A file that is accepted must have one of the service's
// types, and be for the part that takes it.
func FuzzSniff(f *testing.F) {
	for _, seed := range []string{png, wav(0)[:64], mp4("M4A "), "\x00\x00\x00\x05ftypM", "ID3", "OggS", "\xff\xfb", "", frames(mpeg1, 417, 3), page(0, vorbis(44_100)) + page(44_100, "a"), sound(1)} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		checker := newChecker(t, providers.Prices{}) // it remembers no file of the same age and size
		media, problems := checker.Attach(providers.Request{Body: json.RawMessage(`{"image":"x","audio":"x"}`)}, func(string) providers.Placed { return providers.Placed{Path: path} })
		if len(media) != 2 || media[0].SHA256 != hash(string(content)) {
			t.Fatalf("media %+v", media)
		}
		if media[1].Length < 0 || media[1].Length > 25*time.Hour {
			t.Errorf("it plays for %v", media[1].Length)
		}
		accepted := 2 - len(problems)
		if accepted > 1 {
			t.Errorf("%q is accepted as a picture and as a sound: %+v", content, media)
		}
		if accepted == 1 && !strings.HasPrefix(media[0].Type, "image/") && !strings.HasPrefix(media[0].Type, "audio/") {
			t.Errorf("%q is accepted as %q", content, media[0].Type)
		}
	})
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/reelmerge/reelmerge/report"
)

// seeing is a rig with scenes: two of speech, one of a picture, and a title in the first.
func seeing(t *testing.T, programs ...string) *rig {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("SKIPPED: %s is not installed; no picture is taken", name)
		}
	}
	r := newRig(t, 0, false)
	r.write("rows.csv", "id,name,city\nC1,Ada,Bonn\nC2,Zoë Featherstonehaugh-Cholmondeley,the old part of Llanfairpwllgwyngyll\nC/3,Nguyễn Thị Ánh,Hà Nội\nC4,山田太郎,Tokyo\n-C5,<b>Bo</b> & [[x]],Rome\n")
	r.write("template.json", `{"operation": "colossyan/video-job", "language": "en",
 "variables": {"name": {"type": "string"}, "city": {"type": "string"}},
 "request": {"videoCreative": {"settings": {"name": "x", "videoSize": {"width": 1280, "height": 720}}, "scenes": [
  {"name": "hello", "tracks": [
   {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "position": {"x": 0, "y": 0}, "size": {"width": 640, "height": 720}, "text": "Hello {name} from {city}. It is good to see you again. How was your summer, and what are your plans for the winter that begins in a few weeks?"},
   {"type": "text", "text": "{name}", "position": {"x": 640, "y": 100}, "size": {"width": 600, "height": 90}, "startTimeGap": 1000, "endTimeGap": 500}]},
  {"name": "pause", "duration": 2370, "tracks": [{"type": "image", "imageUrl": "https://cdn.example.com/logo.png", "position": {"x": 440, "y": 160}, "size": {"width": 400, "height": 400}, "startTimeGap": 0, "endTimeGap": 0}]},
  {"tracks": [{"type": "actor", "actor": "karen", "speakerId": "de-DE-KatjaNeural", "position": {"x": 0, "y": 0}, "size": {"width": 640, "height": 720}, "text": "Auf Wiedersehen, {name}!"}]}]}}}`)
	return r
}

// seen is what preview --json says.
type seen struct {
	report.Storyboard
	Animatic struct {
		Seconds float64
		Silent  []string
	}
	Stills struct{ Made, Kept int }
}

func (r *rig) preview(args ...string) (doc seen) {
	r.t.Helper()
	e := r.long(append([]string{"preview", "rig.yaml", "--json"}, args...)...)
	e.wants(r.t, exitDone, "")
	if err := json.Unmarshal([]byte(e.out), &doc); err != nil {
		r.t.Fatal(err, e.err)
	}
	return doc
}

// TestStillsAreTakenOnce: a picture of each scene, of the size of the video; what is there
// stays, also after a kill, and what has changed is made again.
func TestStillsAreTakenOnce(t *testing.T) {
	t.Parallel()
	r := seeing(t, "chromium")
	c := r.command("preview", "rig.yaml", "--stills", "look")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); len(r.stills()) < 3 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	there := len(r.stills())
	if s := r.preview("--stills", "look").Stills; there < 3 || there == 15 || s.Kept != there || s.Made != 15-there {
		t.Fatalf("%d before the kill, then %+v", there, s)
	}
	before := r.stills()
	want := []string{"-C5-scene-1.jpg", "-C5-scene-2.jpg", "-C5-scene-3.jpg", "C1-scene-1.jpg", "C1-scene-2.jpg"}
	if names := slices.Sorted(keysOf(before)); len(names) != 15 || !slices.Equal(names[:5], want) {
		t.Errorf("%q", names)
	}
	r.write("rows.csv", strings.Replace(r.read("rows.csv"), "C1,Ada", "C1,Grace", 1))
	if err := os.Remove(r.path("look/C4-scene-2.jpg")); err != nil {
		t.Fatal(err)
	}
	if s := r.preview("--stills", "look").Stills; s.Made != 2 || s.Kept != 13 {
		t.Errorf("%+v", s)
	}
	for name, at := range r.stills() {
		again := name == "C1-scene-1.jpg" || name == "C4-scene-2.jpg"
		if at.Equal(before[name]) == again {
			t.Errorf("%s: made again, or not", name)
		}
	}
}

func keysOf(m map[string]time.Time) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// stills are the pictures with the times at which they were made.
func (r *rig) stills() map[string]time.Time {
	r.t.Helper()
	files, _ := filepath.Glob(r.path("look/*.jpg"))
	made := map[string]time.Time{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		about, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil || about.Width != 1280 || about.Height != 720 || len(data) < 8000 {
			r.t.Errorf("%s: %d bytes, %+v, %v", path, len(data), about, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			r.t.Fatal(err)
		}
		made[filepath.Base(path)] = info.ModTime()
	}
	return made
}

// probed is what ffprobe says of a film.
type probed struct {
	Format  struct{ Duration string }
	Streams []struct {
		Codec    string `json:"codec_name"`
		Duration string
	}
	Chapters []struct {
		Start string `json:"start_time"`
		End   string `json:"end_time"`
		Tags  struct{ Title string }
	}
}

// TestAnAnimaticLastsAsLongAsTheSolverSays makes a film of five rows. Each scene lasts as long
// as the solver says, within one frame, the captions are the scripts, the speech is heard, and
// the film plays in a browser.
func TestAnAnimaticLastsAsLongAsTheSolverSays(t *testing.T) {
	t.Parallel()
	r := seeing(t, "chromium", "ffmpeg", "ffprobe", "espeak-ng")
	doc := r.preview("--animatic", "look.mp4")
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", r.path("look.mp4")).Output()
	var film probed
	if err != nil || json.Unmarshal(out, &film) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const frame = 1.0 / 25
	total, n := 0.0, 0
	var scripts []string
	for _, row := range doc.Rows {
		for _, scene := range row.Scenes {
			if n >= len(film.Chapters) {
				t.Fatalf("%d chapters", n)
			}
			c := film.Chapters[n]
			if got := number(c.End) - number(c.Start); math.Abs(got-*scene.Likely) > frame || !strings.HasPrefix(c.Tags.Title, row.Key+", scene ") {
				t.Errorf("%q lasts %v s, the solver says %v", c.Tags.Title, got, *scene.Likely)
			}
			total += *scene.Likely
			n++
			scripts = append(scripts, scene.Script)
		}
	}
	if len(doc.Rows) != 5 || n != 15 || len(film.Chapters) != 15 || len(doc.Animatic.Silent) > 0 {
		t.Errorf("%d rows, %d scenes, %d chapters, silent: %q", len(doc.Rows), n, len(film.Chapters), doc.Animatic.Silent)
	}
	for _, s := range film.Streams[:2] {
		if got := number(s.Duration); math.Abs(got-total) > frame {
			t.Errorf("%s lasts %v s, the solver says %v", s.Codec, got, total)
		}
	}
	r.captioned("look.mp4", strings.Join(scripts, " "))
	r.heard("look.mp4", film)
	plays(t, r.path("look.mp4"), total)
}

func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// captioned wants the captions of a film to be a text.
func (r *rig) captioned(film, want string) {
	r.t.Helper()
	srt, err := exec.CommandContext(r.t.Context(), "ffmpeg", "-v", "error", "-i", r.path(film), "-map", "0:s:0", "-f", "srt", "-").Output()
	if err != nil {
		r.t.Fatal(err)
	}
	var said []string
	last := ""
	for _, block := range strings.Split(strings.TrimSpace(string(srt)), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) < 3 || lines[1] < last {
			r.t.Fatalf("%q after %q", block, last)
		}
		last = lines[1]
		said = append(said, lines[2:]...)
	}
	if got := strings.Join(said, " "); strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") {
		r.t.Errorf("captions: %q, want %q", got, want)
	}
}

// heard wants sound where something is said, and silence in the scenes without a script.
func (r *rig) heard(film string, p probed) {
	r.t.Helper()
	for i, c := range p.Chapters {
		// A coder of sound lets a little of what is near be heard before it begins.
		from, until := number(c.Start)+0.25, number(c.End)-0.25
		out, err := exec.CommandContext(r.t.Context(), "ffmpeg", "-nostdin", "-ss", fmt.Sprint(from), "-to", fmt.Sprint(until), "-i", r.path(film), "-map", "0:a", "-af", "volumedetect", "-f", "null", "-").CombinedOutput()
		_, loud, found := strings.Cut(string(out), "max_volume: ")
		loud, _, _ = strings.Cut(loud, " dB")
		if speaks := number(loud) > -30; err != nil || !found || speaks != (i%3 != 1) {
			r.t.Errorf("%s: %s dB at the most, %v", c.Tags.Title, loud, err)
		}
	}
}

// plays wants a browser to play a film to its end.
func plays(t *testing.T, path string, seconds float64) {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	page := filepath.Join(filepath.Dir(path), "player.html")
	if err := os.WriteFile(page, []byte(`<!DOCTYPE html><video src="`+filepath.Base(path)+`" muted></video>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+page)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`new Promise(done => {
		const v = document.querySelector("video")
		v.onerror = () => done("error: " + v.error.message)
		v.onended = () => done([v.videoWidth, v.videoHeight, v.duration.toFixed(1)].join(" "))
		v.playbackRate = 16
		v.play().catch(e => done(String(e)))
	})`, chromedp.EvalAwaitPromise))
	if want := fmt.Sprintf("1280 720 %.1f", seconds); err != nil || said != want {
		t.Errorf("the browser played %q, want %q: %v", said, want, err)
	}
}

// TestWithoutProgramsPreviewSaysWhatToInstall: the page needs none of them.
func TestWithoutProgramsPreviewSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	r := seeing(t)
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed")
	}
	only := t.TempDir()
	if err := os.Symlink(ffmpeg, filepath.Join(only, "ffmpeg")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, flag, want string }{
		{t.TempDir(), "--stills", "apt install chromium, brew install --cask chromium or winget install Google.Chrome"},
		{t.TempDir(), "--animatic", "apt install ffmpeg, brew install ffmpeg or winget install ffmpeg"},
		{only, "--animatic", "apt install chromium"},
	} {
		c := r.command("preview", "rig.yaml", tt.flag, "made")
		c.Env = append(c.Env, "PATH="+tt.path)
		out, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: %v\n%s", tt.flag, err, out)
		}
	}
	c := r.command("preview", "rig.yaml")
	c.Env = append(c.Env, "PATH="+t.TempDir())
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

package pictures

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The figures of films.
const (
	FrameRate   = 25               // pictures per second
	LongestFilm = 30 * time.Minute // a longer one is not watched

	longestMaking = time.Hour
)

// Film is a row of pictures with what is said to them. All times are seconds from its start.
type Film struct {
	Pictures []Picture // one after the other, without gaps
	Said     []Said
	Captions []Caption
	Chapters []Chapter
}

// Picture is a JPEG file in the folder of the film, for the time in which it is seen.
type Picture struct {
	File  string
	Until float64 // it is seen from the end of the one before it
}

// Said is a text and the time in which it is spoken.
type Said struct {
	Text, Language string
	From, Until    float64
}

// Caption is a text that is read.
type Caption struct {
	Text        string
	From, Until float64
}

// Chapter is a part of a film with a name, by which players find it.
type Chapter struct {
	Title       string
	From, Until float64
}

// The names of files in the folder of a film.
const (
	listFile     = "pictures.txt"
	soundFile    = "sound.wav"
	captionsFile = "captions.srt"
	chaptersFile = "chapters.txt"
	filmFile     = "film.mp4"
)

// Film makes a film in a folder that has its pictures, and returns its path. Languages that
// were not spoken are listed: there is no voice for them, or no program that speaks.
func (m *Maker) Film(ctx context.Context, folder string, f Film) (path string, silent []string, err error) {
	if len(f.Pictures) == 0 {
		return "", nil, errors.New("a film needs a picture")
	}
	if end := f.Pictures[len(f.Pictures)-1].Until; end > LongestFilm.Seconds() {
		return "", nil, fmt.Errorf("it would last %.0f minutes, and %.0f are the most", end/60, LongestFilm.Minutes())
	}
	ctx, cancel := context.WithTimeout(ctx, longestMaking)
	defer cancel()
	silent, err = m.sound(ctx, filepath.Join(folder, soundFile), f)
	if err != nil {
		return "", nil, err
	}
	for name, text := range map[string]string{listFile: f.list(), captionsFile: f.subtitles(), chaptersFile: f.metadata()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return "", nil, fmt.Errorf("write film: %w", err)
		}
	}
	path = filepath.Join(folder, filmFile)
	_, err = run(ctx, nil, m.program, f.arguments(folder)...)
	return path, silent, err
}

// arguments join everything. The last picture is held, since the list of pictures does not
// say how long it lasts; the count of frames does. The filter counts them, and not the
// file, which would end before its sound.
func (f Film) arguments(folder string) []string {
	in := func(name string) string { return "file:" + filepath.Join(folder, name) }
	list := []string{"-v", "error", "-nostdin", "-f", "concat", "-i", in(listFile), "-f", "wav", "-i", in(soundFile)}
	maps := []string{"-map", "0:v", "-map", "1:a"}
	chapters := "2"
	if len(f.Captions) > 0 {
		list = append(list, "-f", "srt", "-i", in(captionsFile))
		maps = append(maps, "-map", "2:s", "-c:s", "mov_text")
		chapters = "3"
	}
	list = append(list, "-f", "ffmetadata", "-i", in(chaptersFile))
	list = append(list, maps...)
	return append(list, "-map_metadata", chapters, "-map_chapters", chapters,
		"-vf", fmt.Sprintf("fps=%d:round=near,tpad=stop_mode=clone:stop=-1,trim=end_frame=%d,format=yuv420p", FrameRate, frames(f.end())),
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-c:a", "aac", "-b:a", "96k",
		"-movflags", "+faststart", "-y", "-f", "mp4", in(filmFile))
}

func (f Film) end() float64 { return f.Pictures[len(f.Pictures)-1].Until }

// frames is the number of the frame that begins at a time.
func frames(at float64) int { return int(math.Round(at * FrameRate)) }

// list names the pictures with how long each is seen, in whole frames. Rounding is of the
// times from the start, so that its errors do not add up.
func (f Film) list() string {
	var b strings.Builder
	b.WriteString("ffconcat version 1.0\n")
	from := 0
	for _, p := range f.Pictures {
		until := frames(p.Until)
		if until > from {
			fmt.Fprintf(&b, "file %s\nduration %.2f\n", p.File, float64(until-from)/FrameRate)
			from = until
		}
	}
	return b.String()
}

// subtitles are the captions as a SubRip file.
func (f Film) subtitles() string {
	var b strings.Builder
	for i, c := range f.Captions {
		fmt.Fprintf(&b, "%d\n%s --> %s\n%s\n\n", i+1, clock(c.From), clock(c.Until), strings.Join(strings.Fields(c.Text), " "))
	}
	return b.String()
}

// clock is a time as SubRip files have it.
func clock(at float64) string {
	ms := int(math.Round(at * 1000))
	return fmt.Sprintf("%02d:%02d:%02d,%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// metadata are the chapters, as ffmpeg reads them.
func (f Film) metadata() string {
	escape := strings.NewReplacer(`\`, `\\`, "=", `\=`, ";", `\;`, "#", `\#`, "\n", " ")
	var b strings.Builder
	b.WriteString(";FFMETADATA1\n")
	for _, c := range f.Chapters {
		fmt.Fprintf(&b, "[CHAPTER]\nTIMEBASE=1/%d\nSTART=%d\nEND=%d\ntitle=%s\n", FrameRate, frames(c.From), frames(c.Until), escape.Replace(c.Title))
	}
	return b.String()
}

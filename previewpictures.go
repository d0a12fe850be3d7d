package reelmerge

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/pictures"
	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/internal/shots"
	"github.com/reelmerge/reelmerge/report"
)

// Stills says which pictures of scenes a preview made.
type Stills struct {
	Folder string `json:"folder"`
	Made   int    `json:"made"`
	Kept   int    `json:"kept"` // that were there
}

// Animatic says what film a preview made.
type Animatic struct {
	File    string     `json:"file"`
	Seconds float64    `json:"seconds"`
	Silent  []string   `json:"silent"` // languages that have no voice on this machine
	Left    []NotGiven `json:"left"`   // rows that are not in the film
}

// The sizes of pictures, in pixels.
const (
	longestSide = 1920
	filmWidth   = 1280
	filmHeight  = 720
)

// studio makes pictures and films of a storyboard, with programs of this machine.
type studio struct {
	PreviewOptions
	browser *shots.Browser
	maker   *pictures.Maker
}

// openStudio starts the programs that are needed, before the sheet is read: that one is
// missing is told at once. Without stills and film it needs none.
func openStudio(ctx context.Context, o PreviewOptions) (s *studio, err error) {
	s = &studio{PreviewOptions: o}
	if o.Stills == "" && o.Animatic == "" {
		return s, nil
	}
	if o.Animatic != "" {
		if s.maker, err = pictures.Find(); err != nil {
			return nil, fail(Usage, err, "install it: apt install ffmpeg, brew install ffmpeg or winget install ffmpeg; then run the command again")
		}
	}
	s.browser, err = shots.Open(ctx)
	switch {
	case errors.Is(err, shots.ErrMissing):
		return nil, fail(Usage, err, "install it: apt install chromium, brew install --cask chromium or winget install Google.Chrome; without --stills and --animatic, preview needs no other program")
	case ctx.Err() != nil:
		return nil, stopped(ctx)
	case err != nil:
		return nil, fail(Usage, err, "see whether chromium --headless about:blank starts; without --stills and --animatic, preview needs no other program")
	}
	return s, nil
}

func (s *studio) close() {
	if s.browser != nil {
		s.browser.Close()
	}
}

// work makes what was asked for of the rows of a storyboard.
func (s *studio) work(ctx context.Context, c *Campaign, of *Preview) (err error) {
	if s.Stills != "" {
		if of.Stills, err = s.stills(ctx, c, of.Rows); err != nil {
			return err
		}
	}
	if s.Animatic != "" {
		of.Animatic, err = s.film(ctx, c, of.Rows)
	}
	return err
}

// A shot is a picture that is to be taken.
type shot struct {
	path          string
	page          []byte
	of            string // the hash of the page
	width, height int
}

func newShot(f report.Frame, path string, width, height int) (shot, error) {
	var page bytes.Buffer
	err := f.WriteHTML(&page)
	sum := sha256.Sum256(page.Bytes())
	return shot{path: path, page: page.Bytes(), of: hex.EncodeToString(sum[:]), width: width, height: height}, err
}

// stills takes a picture of each scene. One that is there, and was made of the same scene, is
// kept: the work may be stopped at any moment and goes on where it was.
func (s *studio) stills(ctx context.Context, c *Campaign, rows []report.StoryRow) (*Stills, error) {
	shots, err := stillsOf(rows, s.Stills)
	if err != nil {
		return nil, fail(Bug, err, "")
	}
	of := map[string]string{}
	for _, shot := range shots {
		of[shot.path] = shot.of
	}
	standing, err := c.made().Standing(of)
	if err != nil {
		return nil, unwritable(err)
	}
	done := &Stills{Folder: s.Stills}
	for i, shot := range shots {
		if standing[shot.path] {
			done.Kept++
			continue
		}
		if err := s.keep(ctx, c, shot); err != nil {
			return done, err
		}
		done.Made++
		s.tell("stills", i+1, len(shots))
	}
	return done, nil
}

func (s *studio) tell(what string, done, total int) {
	if s.Progress != nil {
		s.Progress(what, done, total)
	}
}

// stillsOf are the pictures of all scenes. Names that are one file on some system get the
// number of their row.
func stillsOf(rows []report.StoryRow, folder string) (list []shot, err error) {
	taken := map[string]bool{}
	for _, row := range rows {
		pattern := "{key}"
		if row.Key == "" || taken[safename.Fold(safename.Fill(pattern, row.Key, row.Row))] {
			pattern = "row {row}"
		}
		taken[safename.Fold(safename.Fill(pattern, row.Key, row.Row))] = true
		for _, f := range row.Stills() {
			name := pattern + ".jpg"
			if f.Scene > 0 {
				name = fmt.Sprintf("%s-scene-%d.jpg", pattern, f.Scene)
			}
			scale := min(1, longestSide/max(f.Canvas.Width, f.Canvas.Height))
			one, err := newShot(f, filepath.Join(folder, safename.Fill(name, row.Key, row.Row)), pixels(f.Canvas.Width*scale), pixels(f.Canvas.Height*scale))
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// pixels is a side of a window; a browser has none of a pixel or two.
func pixels(side float64) int { return max(16, int(side+0.5)) }

// keep takes a picture and writes it as a whole.
func (s *studio) keep(ctx context.Context, c *Campaign, shot shot) error {
	picture, err := s.take(ctx, shot)
	if err != nil {
		return err
	}
	file, err := c.made().Create(shot.path)
	if err != nil {
		return unwritable(err)
	}
	defer file.Discard()
	file.MadeOf(shot.of)
	if _, err = file.Write(picture); err == nil {
		_, err = file.Commit()
	}
	if err != nil {
		return unwritable(err)
	}
	return nil
}

// take takes one picture.
func (s *studio) take(ctx context.Context, shot shot) ([]byte, error) {
	picture, err := s.browser.Take(shot.page, shot.width, shot.height)
	switch {
	case ctx.Err() != nil:
		return nil, stopped(ctx)
	case err != nil:
		return nil, fail(Usage, err, "run the command again: what is made is kept")
	}
	return picture, nil
}

// film makes a film of the rows, one after the other, at their likely times.
func (s *studio) film(ctx context.Context, c *Campaign, rows []report.StoryRow) (*Animatic, error) {
	done := &Animatic{Silent: []string{}, Left: []NotGiven{}}
	folder, err := os.MkdirTemp("", "reelmerge-film-")
	if err != nil {
		return nil, unwritable(err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is in the system's folder for temporary files
	film, err := s.shoot(ctx, folder, rows, done)
	if err != nil {
		return nil, err
	}
	if !pictures.Speaks() {
		film.Said = nil
		done.Silent = append(done.Silent, "all")
	}
	path, silent, err := s.maker.Film(ctx, folder, film)
	switch {
	case ctx.Err() != nil:
		return nil, stopped(ctx)
	case err != nil:
		return nil, fail(Usage, fmt.Errorf("make the film: %w", err), "show fewer rows, with --row or --risk")
	}
	done.Silent = append(done.Silent, silent...)
	done.File, err = c.write(output{path: s.Animatic, named: true}, func(w io.Writer) error { return pour(w, path) })
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = unwritable(err)
	}
	return done, err
}

func pour(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	_, err = io.Copy(w, file)
	return err
}

// shoot takes the pictures of the film into a folder. Rows without times are left out, and
// named.
func (s *studio) shoot(ctx context.Context, folder string, rows []report.StoryRow, done *Animatic) (film pictures.Film, err error) {
	type part struct {
		row    report.StoryRow
		frames []report.Frame
	}
	var parts []part
	total := 0
	for _, row := range rows {
		frames := row.Film()
		if len(frames) == 0 {
			done.Left = append(done.Left, NotGiven{row.Row, row.Key, "the length of its scenes is not known, so it is not in the film", "see its problems with --row " + row.Key})
			continue
		}
		parts = append(parts, part{row, frames})
		total += len(frames)
	}
	if total == 0 {
		return film, fail(Usage, errors.New("there is no film to make: no row that is shown has scenes of a known length"), "an animatic is for services that take scenes; the page shows every row")
	}
	known := map[string]string{} // files of pictures, by what they were made of
	for _, p := range parts {
		from := done.Seconds
		for _, f := range p.frames {
			name, err := s.frame(ctx, folder, f, known)
			if err != nil {
				return film, err
			}
			done.Seconds = from + f.Until
			film.Pictures = append(film.Pictures, pictures.Picture{File: name, Until: done.Seconds})
			s.tell("pictures of the film", len(film.Pictures), total)
		}
		addRow(&film, p.row, from)
	}
	return film, nil
}

// frame takes one picture of the film, and returns its file. Frames that look the same are
// one picture.
func (s *studio) frame(ctx context.Context, folder string, f report.Frame, known map[string]string) (string, error) {
	one, err := newShot(f, "", filmWidth, filmHeight)
	if err != nil {
		return "", fail(Bug, err, "")
	}
	if name := known[one.of]; name != "" {
		return name, nil
	}
	name := fmt.Sprintf("%05d.jpg", len(known))
	picture, err := s.take(ctx, one)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		return "", unwritable(err)
	}
	known[one.of] = name
	return name, nil
}

// addRow adds what a row says, its captions and its chapters, from a time of the film on.
func addRow(film *pictures.Film, row report.StoryRow, from float64) {
	title := row.Key
	if title == "" {
		title = fmt.Sprint("row ", row.Row)
	}
	for _, scene := range row.Scenes {
		start := from + *scene.Start
		name := strings.TrimSpace(fmt.Sprintf("%s, scene %d %s", title, scene.Number, scene.Name))
		film.Chapters = append(film.Chapters, pictures.Chapter{Title: name, From: start, Until: start + *scene.Likely})
		for _, said := range scene.Said {
			film.Said = append(film.Said, pictures.Said{Text: said.Text, Language: said.Language, From: start + said.From, Until: start + said.Until})
		}
		for _, c := range scene.Captions() {
			film.Captions = append(film.Captions, pictures.Caption{Text: c.Text, From: start + c.From, Until: start + c.Until})
		}
	}
	slices.SortStableFunc(film.Captions, func(a, b pictures.Caption) int { return cmp.Compare(a.From, b.From) })
}

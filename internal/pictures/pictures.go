// Package pictures makes stills and GIFs of videos for mails, and films of storyboards, with
// the program ffmpeg.
//
// Each picture of a video has a mark for playing in it: mail programs show neither videos nor marks
// that are laid over a picture. A GIF begins with the picture of the still, since some
// mail programs show its first picture alone.
package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/mp4box"
)

// The limits of pictures.
const (
	Width    = 600       // of a still, in pixels, at most
	GIFBytes = 1_000_000 // of a GIF, at most

	height      = 800 // of a still, at most: a mail shows no more at once
	quality     = 85  // of a JPEG file
	mostBytes   = 64 << 20
	longestCall = 2 * time.Minute
)

// ErrMissing means that ffmpeg is not installed.
var ErrMissing = errors.New("the program ffmpeg is not installed, or not in the PATH")

// Maker makes pictures of MP4 files.
type Maker struct{ program string }

// Find returns a maker if ffmpeg is installed.
func Find() (*Maker, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrMissing, err)
	}
	return &Maker{program}, nil
}

// Still returns one picture of a video as a JPEG file, with the mark.
func (m *Maker) Still(ctx context.Context, video string) ([]byte, error) {
	scene, err := m.scene(ctx, video)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, marked(scene.picture), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode the still: %w", err)
	}
	return file.Bytes(), nil
}

// scene is a picture of a video that shows something, and its place in the video.
type scene struct {
	at      time.Duration
	picture image.Image
}

// plain is how far the brightness of a picture of almost one colour varies, of 255.
const plain = 6

// scene looks for a picture at a quarter of the video, at its half and at three quarters.
// Many videos begin in black, and some have empty pictures between scenes. If all are
// plain, the one with the most in it is taken.
func (m *Maker) scene(ctx context.Context, video string) (best scene, err error) {
	length, err := lengthOf(video)
	if err != nil {
		return best, err
	}
	most := -1.0
	for _, part := range []time.Duration{1, 2, 3} {
		at := length * part / 4
		picture, failed := m.frame(ctx, video, at)
		if failed != nil {
			err = failed
			continue // the header may say that the video is longer than it is
		}
		variety := varietyOf(picture)
		if variety > most {
			most = variety
			best = scene{at, picture}
		}
		if variety > plain || length == 0 {
			break
		}
	}
	if best.picture == nil {
		return best, err
	}
	return best, nil
}

// lengthOf returns how long a video plays, by its header; 0 if that does not say.
func lengthOf(video string) (time.Duration, error) {
	file, err := os.Open(video)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // it was only read
	stat, err := file.Stat()
	if err != nil {
		return 0, err
	}
	info, err := mp4box.Read(file, stat.Size())
	return info.Duration, err
}

// varietyOf is the standard deviation of a picture's brightness.
func varietyOf(p image.Image) float64 {
	var n, sum, squares float64
	const step = 4 // every fourth pixel is enough
	b := p.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			red, green, blue, _ := p.At(x, y).RGBA()
			light := (0.299*float64(red) + 0.587*float64(green) + 0.114*float64(blue)) / 257
			n++
			sum += light
			squares += light * light
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(max(0, squares/n-sum*sum/n/n))
}

// frame returns the picture at a time, no larger than a still may be.
func (m *Maker) frame(ctx context.Context, video string, at time.Duration) (image.Image, error) {
	// Pixels that are not square are made so first.
	scale := fmt.Sprintf("scale=w=iw*sar:h=ih,setsar=1,scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease", Width, height)
	out, err := m.call(ctx, nil, append(reading(video, at), "-frames:v", "1", "-an", "-vf", scale, "-c:v", "png", "-f", "image2pipe", "pipe:1")...)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the video has no picture at %s", at)
	}
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		return nil, fmt.Errorf("read the picture of ffmpeg: %w", err)
	}
	return picture, nil
}

// reading are the arguments that read a video from a time on. The file comes from a
// stranger: it is read as MP4 and as nothing else, and may name no other file or address.
func reading(video string, at time.Duration) []string {
	return []string{
		"-protocol_whitelist", "file,pipe", "-f", "mov", "-ss", seconds(at), "-i", "file:" + video,
	}
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// call runs ffmpeg and returns what it wrote. No file is written: a picture gets its name
// when it is whole.
func (m *Maker) call(ctx context.Context, input []byte, arguments ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, longestCall)
	defer cancel()
	// One thread each, because several videos are worked on at a time.
	return run(ctx, input, m.program, append([]string{"-v", "error", "-nostdin", "-threads", "1"}, arguments...)...)
}

// run runs a program and returns what it wrote.
func run(ctx context.Context, input []byte, program string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stdin = bytes.NewReader(input)
	out := &bounded{most: mostBytes}
	said := &bounded{most: 4 << 10}
	command.Stdout = out
	command.Stderr = said
	name := strings.TrimSuffix(filepath.Base(program), ".exe")
	switch err := command.Run(); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", name, context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", name, err, lastLine(said.String()))
	case out.over:
		return nil, fmt.Errorf("%s wrote more than is usable", name)
	}
	return out.Bytes(), nil
}

// bounded keeps the first bytes that are written to it.
type bounded struct {
	bytes.Buffer
	most int
	over bool
}

// Write implements [io.Writer].
func (b *bounded) Write(p []byte) (int, error) {
	if room := b.most - b.Len(); len(p) > room {
		b.over = true
		_, _ = b.Buffer.Write(p[:room]) // it never fails
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// lastLine is where a program says why it gave up.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

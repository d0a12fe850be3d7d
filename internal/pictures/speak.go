package pictures

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// Sound has one channel of 16 bits.
const (
	soundRate  = 22_050
	sampleSize = 2
)

// Speaks reports whether the program that speaks the texts of films is installed.
func Speaks() bool {
	_, err := exec.LookPath(speaker)
	return err == nil
}

const speaker = "espeak-ng"

// sound writes what is said as one WAV file of the length of the film. Every text is spoken
// in exactly its time: how long it lasts is what the estimate says, and not what a voice of
// this machine needs for it.
func (m *Maker) sound(ctx context.Context, path string, f Film) (silent []string, err error) {
	samples := make([]byte, sampleSize*at(float64(frames(f.end()))/FrameRate))
	for _, s := range f.Said {
		spoken, err := m.speak(ctx, s)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", speaker, context.Cause(ctx))
		case err != nil && !slices.Contains(silent, s.Language):
			silent = append(silent, s.Language)
		}
		from, until := min(sampleSize*at(s.From), len(samples)), min(sampleSize*at(s.Until), len(samples))
		copy(samples[from:until], spoken)
	}
	if err := os.WriteFile(path, append(waveHead(len(samples)), samples...), 0o600); err != nil {
		return nil, fmt.Errorf("write sound: %w", err)
	}
	return silent, nil
}

// at is the number of the sample at a time.
func at(seconds float64) int { return int(math.Round(seconds * soundRate)) }

// voice is the name of a voice for a language. Those of three languages are not the code.
func voice(language string) string {
	switch code := strings.ToLower(language); code {
	case "zh":
		return "cmn"
	case "pt":
		return "pt-br"
	case "pt-pt":
		return "pt"
	default:
		return code
	}
}

// speak returns the samples of a text, as long as its time.
func (m *Maker) speak(ctx context.Context, s Said) ([]byte, error) {
	program, err := exec.LookPath(speaker)
	if err != nil {
		return nil, err
	}
	// The text goes in by standard input: an argument that begins with a hyphen would be a flag.
	// Double brackets would begin a notation of sounds.
	wave, err := run(ctx, []byte(strings.ReplaceAll(s.Text, "[[", "[ [")), program, "-v", voice(s.Language), "-b", "1", "--stdin", "--stdout")
	if err != nil {
		return nil, err
	}
	bare, err := m.call(ctx, wave, "-f", "wav", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", strconv.Itoa(soundRate), "pipe:1")
	long := float64(len(bare)) / sampleSize / soundRate
	if err != nil || long == 0 || s.Until <= s.From {
		return nil, err
	}
	return m.call(ctx, bare, "-f", "s16le", "-ac", "1", "-ar", strconv.Itoa(soundRate), "-i", "pipe:0", "-af", tempo(long/(s.Until-s.From)), "-f", "s16le", "pipe:1")
}

// tempo is the filter that makes speech faster, or slower. One filter at most halves the
// pace.
func tempo(factor float64) string {
	var list []string
	for factor = max(factor, 0.05); factor < 0.5; factor *= 2 {
		list = append(list, "atempo=0.5")
	}
	return strings.Join(append(list, fmt.Sprintf("atempo=%.5f", min(factor, 100))), ",")
}

// waveHead begins a WAV file of so many bytes of samples.
func waveHead(size int) []byte {
	var b bytes.Buffer
	word := func(v uint32) { _ = binary.Write(&b, binary.LittleEndian, v) } // a buffer never fails
	b.WriteString("RIFF")
	word(uint32(36 + size)) //nolint:gosec // G115: thirty minutes of sound have 80 MB
	b.WriteString("WAVEfmt ")
	word(16)
	word(1 | 1<<16) // plain samples, one channel
	word(soundRate)
	word(soundRate * sampleSize)
	word(sampleSize | 8*sampleSize<<16)
	b.WriteString("data")
	word(uint32(size)) //nolint:gosec // G115: see above
	return b.Bytes()
}

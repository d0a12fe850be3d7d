// Command makemedia draws the pictures and plays the sounds of the vidgen
// example: three presenters as PNG files, and for each customer a short WAV file
// with a melody of its own, where a real campaign has the voice of a person.
//
//	go run ./examples/vidgen/makemedia examples/vidgen
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const customers = 20

func write(folder string) error {
	for _, name := range []string{"faces", "voices"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			return err
		}
	}
	for name, shirt := range presenters() {
		if err := draw(filepath.Join(folder, "faces", name+".png"), shirt); err != nil {
			return err
		}
	}
	for i := range customers {
		path := filepath.Join(folder, "voices", fmt.Sprintf("%d.wav", 7001+i))
		if err := os.WriteFile(path, melody(i), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func presenters() map[string]color.RGBA {
	return map[string]color.RGBA{
		"ana": {R: 0x2a, G: 0x6f, B: 0x97, A: 0xff}, "ben": {R: 0x7a, G: 0x3b, B: 0x2e, A: 0xff}, "chloe": {R: 0x3d, G: 0x70, B: 0x44, A: 0xff},
	}
}

// draw paints head and shoulders, as a portrait has them.
func draw(path string, shirt color.RGBA) error {
	const side = 256
	skin, hair, wall := color.RGBA{0xe8, 0xbe, 0xa0, 0xff}, color.RGBA{0x40, 0x2c, 0x20, 0xff}, color.RGBA{0xf2, 0xee, 0xe6, 0xff}
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{wall, shirt, hair, skin})
	inside := func(x, y, cx, cy, rx, ry int) bool {
		dx, dy := float64(x-cx)/float64(rx), float64(y-cy)/float64(ry)
		return dx*dx+dy*dy <= 1
	}
	for y := range side {
		for x := range side {
			switch {
			case inside(x, y, 128, 115, 46, 58):
				picture.SetColorIndex(x, y, 3)
			case inside(x, y, 128, 100, 56, 64):
				picture.SetColorIndex(x, y, 2)
			case inside(x, y, 128, 256, 96, 80):
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// melody is about a second of sound: four notes that no other customer has.
func melody(customer int) []byte {
	const rate = 8000
	notes := []int{customer % 7, customer / 7 * 2, customer % 5, customer % 3}
	length := rate/4 + customer*20 // samples of a note
	samples := make([]byte, 0, len(notes)*length)
	for _, note := range notes {
		pitch := 220 * math.Pow(2, float64(note)/12)
		for i := range length {
			fade := math.Sin(math.Pi * float64(i) / float64(length))
			samples = append(samples, byte(128+80*fade*math.Sin(2*math.Pi*pitch*float64(i)/rate)))
		}
	}
	return append(header(rate, len(samples)), samples...)
}

// header is that of a WAV file with one channel of eight bits.
func header(rate, size int) []byte {
	out := []byte("RIFF")
	out = binary.LittleEndian.AppendUint32(out, uint32(36+size))
	out = append(out, "WAVEfmt "...)
	for _, field := range []uint32{16, 1 | 1<<16, uint32(rate), uint32(rate), 1 | 8<<16} {
		out = binary.LittleEndian.AppendUint32(out, field)
	}
	out = append(out, "data"...)
	return binary.LittleEndian.AppendUint32(out, uint32(size))
}

package templates

import "github.com/reelmerge/reelmerge/templates/speech"

// Breakdown splits the likely length of a video, before any correction, into seconds that
// are fixed and seconds that a voice speaks. Finished videos teach the pace of their
// voices by it: the fixed part says nothing about a voice.
type Breakdown struct {
	Fixed  float64  // seconds that no voice changes
	Spoken []Spoken // by voice and language, in the order they speak in
	Known  bool     // false when the length is not known
}

// Spoken is the speech of one voice on the tracks that decide the length of their scenes.
// Its sums are those of all these tracks; each track's sound file has the voice's silence
// once.
type Spoken struct {
	Voice    string       // the service's id, "" when it is not known
	Language string       // "" when it is not known
	Basis    speech.Known // what the pace rests on
	Tracks   int
	speech.Parts
}

// Set makes b a copy of another in the memory that b has, since it is called for every
// row.
func (b *Breakdown) Set(from *Breakdown) {
	b.Fixed = from.Fixed
	b.Known = from.Known
	b.Spoken = append(b.Spoken[:0], from.Spoken...)
}

// Add adds speech to that of the same voice, language and basis.
func (b *Breakdown) Add(s Spoken) {
	for i := range b.Spoken {
		t := &b.Spoken[i]
		if t.Voice == s.Voice && t.Language == s.Language && t.Basis == s.Basis {
			t.Tracks += s.Tracks
			t.Parts = t.Plus(s.Parts)
			return
		}
	}
	b.Spoken = append(b.Spoken, s)
}

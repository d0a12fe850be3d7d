package templates

import "github.com/reelmerge/reelmerge/templates/speech"

// Breakdown says what the likely length of a video is made of before any correction, so
// that finished videos can teach the pace of their voices: what is fixed says nothing
// about it.
type Breakdown struct {
	Fixed  float64  // seconds that no voice changes
	Spoken []Spoken // by voice and language, in the order they speak in
	Known  bool     // false when the length is not known
}

// Spoken is what one voice says on the tracks that make their scenes as long as
// themselves. Its sums are those of all these tracks; each track's file has the voice's
// silence once.
type Spoken struct {
	Voice    string       // the service's id, "" when it is not known
	Language string       // "" when it is not known
	Basis    speech.Known // what the pace rests on
	Tracks   int
	speech.Parts
}

// Set makes b a copy of another, in the memory it has.
func (b *Breakdown) Set(from *Breakdown) {
	b.Fixed, b.Known = from.Fixed, from.Known
	b.Spoken = append(b.Spoken[:0], from.Spoken...)
}

// Add adds what is said to what the same voice said before.
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

package job

import "time"

// Breakdown is the likely length of a video in parts, as planned, before finished videos
// corrected it. A finished video teaches by it how much slower its voices speak; the
// fixed part teaches nothing about that. Entries of the first edition have the zero
// value.
type Breakdown struct {
	// Script names what all rows of a template have in common, so that a changed template
	// learns from its own videos.
	Script string        `json:"script,omitempty"`
	Fixed  time.Duration `json:"fixed,omitempty"` // what no voice changes
	Voices []Say         `json:"voices,omitempty"`
}

// Say is the speech of one voice in a video, on the tracks that are as long as their
// speech.
type Say struct {
	Voice   string        `json:"voice,omitempty"`   // the service's id, or the language where no voice is named
	Tracks  int           `json:"tracks,omitempty"`  // files of the voice
	Spoken  time.Duration `json:"spoken,omitempty"`  // letters and pauses, at the pace of the plan
	Silence time.Duration `json:"silence,omitempty"` // what the files have before and after the words
}

// IsZero reports whether nothing is known.
func (b Breakdown) IsZero() bool { return b.Script == "" && b.Fixed == 0 && len(b.Voices) == 0 }

// Known reports whether the parts of a length are known.
func (b Breakdown) Known() bool { return b.Fixed > 0 || len(b.Voices) > 0 }

// Speech sums up the speech of all voices: the files, and their lengths.
func (b Breakdown) Speech() (sum Say) {
	for _, v := range b.Voices {
		sum.Tracks += v.Tracks
		sum.Spoken += v.Spoken
		sum.Silence += v.Silence
	}
	return sum
}

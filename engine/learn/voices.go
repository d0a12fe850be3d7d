package learn

import (
	"github.com/reelmerge/reelmerge/job"
)

// Voices is what finished videos taught about voices, by the service's id of each. It is
// kept between campaigns of an account.
type Voices map[string]Voice

// Voice is what finished videos taught about one voice.
type Voice struct {
	Videos  int     `json:"videos"`
	Stretch float64 `json:"stretch"` // real seconds of a planned second of speech
	Pause   float64 `json:"pause"`   // seconds of silence of a file
	Spread  float64 `json:"spread"`  // standard deviation of a video, as a share of its speech
}

// Voices returns what this campaign's videos taught about each voice, beside what earlier
// ones did. Videos of several voices tell nothing about one of them.
func (l *Lessons) Voices() Voices {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Voices{}
	for name, v := range l.voices {
		out[name] = v
	}
	taught := map[string]int{}
	for key, w := range l.classes {
		if key.voices == "" || key.script == "" || containsZero(key.voices) {
			continue
		}
		f := w.fit(l.voices[key.voices].prior())
		if !f.known() || f.videos <= taught[key.voices] {
			continue
		}
		taught[key.voices] = f.videos
		out[key.voices] = Voice{Videos: f.videos, Stretch: f.stretch * (1 + f.mean), Pause: f.pause, Spread: f.sd}
	}
	return out
}

func containsZero(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

// prior is what is known of the voice that a video is spoken by.
func (v Voices) prior(b job.Breakdown) prior {
	if len(b.Voices) != 1 {
		return prior{}
	}
	return v[b.Voices[0].Voice].prior()
}

func (v Voice) prior() prior {
	return prior{known: v.Videos >= few && v.Stretch > 0, videos: v.Videos, stretch: v.Stretch, spread: v.Spread, pause: v.Pause}
}

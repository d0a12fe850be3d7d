package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// fewest is the estimate in seconds from which on a text counts: of a single word, no
// model says much.
const fewest = 1.5

// level says what the model is told: the voice, or only its language.
type level bool

const (
	ofVoice    level = true
	ofLanguage level = false
)

func (l level) String() string {
	if l == ofVoice {
		return "the voice's pace"
	}
	return "the language's pace"
}

// speaker is the model for a recording with one reading of the silence.
func (r *recording) speaker(l level, silence speech.Silence) speech.Speaker {
	a := speech.Asked{Voice: r.voice, Language: r.language}
	if l == ofLanguage {
		a.Unmeasured = true
	}
	a.Silence = silence
	return speech.NewSpeaker(a)
}

func (r *recording) estimate(l level, silence speech.Silence) speech.Interval {
	s := r.speaker(l, silence)
	return s.Estimate(s.Measure(r.text)).Track
}

// tally adds up how far estimates are off.
type tally struct {
	n, inside    int
	ratio, width float64
	off          []float64
}

func (t *tally) add(i speech.Interval, actual float64) {
	t.n++
	t.ratio += i.Likely / actual
	t.off = append(t.off, math.Abs(i.Likely/actual-1))
	t.width += (i.High - i.Low) / i.Likely
	if i.Low <= actual && actual <= i.High {
		t.inside++
	}
}

func (t *tally) mean() float64 {
	sum := 0.0
	for _, o := range t.off {
		sum += o
	}
	return sum / float64(t.n)
}

func (t *tally) percentile(p float64) float64 {
	slices.Sort(t.off)
	return t.off[min(len(t.off)-1, int(p*float64(len(t.off))))]
}

func (t *tally) String() string {
	if t.n == 0 {
		return "|||"
	}
	return fmt.Sprintf("%.2f | %.0f %% | %.0f %%", t.ratio/float64(t.n), 100*t.mean(), 100*float64(t.inside)/float64(t.n))
}

func (t *tally) share() float64 { return 100 * float64(t.inside) / float64(t.n) }

// said are the recordings of texts that are estimated to take a while.
func said(all []recording) (list []recording) {
	for _, r := range all {
		if r.estimate(ofVoice, speech.SilenceTrimmed).Likely >= fewest {
			list = append(list, r)
		}
	}
	return list
}

func byLanguages(out io.Writer, all []recording) {
	for _, l := range []level{ofVoice, ofLanguage} {
		fmt.Fprintf(out, "\nWith %s, texts estimated at %.1f s of speech or more:\n\n", l, fewest)
		fmt.Fprintln(out, "| lang | n | voices | speech: est/act | MAE | inside | whole file: est/act | MAE | inside | width | sums of 20: speech in / file in | after 20 rows (file): rows in ±8 %, sum off |")
		fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|---|---|---|---|")
		groups := make(map[string][]recording)
		list := said(all)
		for _, r := range list {
			groups[r.code()] = append(groups[r.code()], r)
		}
		for _, code := range slices.Sorted(maps.Keys(groups)) {
			row(out, code, groups[code], l)
		}
		row(out, "all", list, l)
	}
}

func row(out io.Writer, name string, list []recording, l level) {
	var words, file tally
	voices := make(map[string]bool)
	for _, r := range list {
		words.add(r.estimate(l, speech.SilenceTrimmed), r.words)
		file.add(r.estimate(l, speech.SilenceCounts), r.file)
		voices[r.voice] = true
	}
	fmt.Fprintf(out, "| %s | %d | %d | %v | %v | %.0f %% | %s | %s |\n", name, len(list), len(voices), &words, &file,
		100*file.width/float64(file.n), sums(list, l), learnt(list, l))
}

// sums says how many sums of 20 recordings of one voice lie between the sums of lows and
// highs.
func sums(list []recording, l level) string {
	words, file, n := 0, 0, 0
	for _, group := range twenties(list) {
		n++
		if sumInside(group, l, speech.SilenceTrimmed) {
			words++
		}
		if sumInside(group, l, speech.SilenceCounts) {
			file++
		}
	}
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %% / %.0f %%", 100*float64(words)/float64(n), 100*float64(file)/float64(n))
}

func sumInside(group []recording, l level, silence speech.Silence) bool {
	var low, high, actual float64
	for _, r := range group {
		i := r.estimate(l, silence)
		low, high = low+i.Low, high+i.High
		actual += r.actual(silence)
	}
	return low <= actual && actual <= high
}

// twenties draws recordings of one voice in twenties, in an order that is always the same.
func twenties(list []recording) (groups [][]recording) {
	for _, own := range ofOneVoice(list) {
		for chunk := range slices.Chunk(own, 20) {
			if len(chunk) == 20 {
				groups = append(groups, chunk)
			}
		}
	}
	return groups
}

func ofOneVoice(list []recording) (groups [][]recording) {
	by := make(map[string][]recording)
	for _, r := range list {
		by[r.voice+r.language] = append(by[r.voice+r.language], r)
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		own := by[key]
		random := rand.New(rand.NewPCG(18, uint64(len(own)))) //nolint:gosec // an order to draw in, always the same
		random.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		groups = append(groups, own)
	}
	return groups
}

// learnt corrects each voice by the ratio of its first 20 files and says how the rest fits.
func learnt(list []recording, l level) string {
	near := 0
	n := 0
	off := 0.0
	sums := 0
	for _, own := range ofOneVoice(list) {
		if len(own) < 40 {
			continue
		}
		factor := ratio(own[:20], l)
		for _, r := range own[20:] {
			n++
			if math.Abs(r.estimate(l, speech.SilenceCounts).Likely*factor/r.file-1) <= 0.08 {
				near++
			}
		}
		off += math.Abs(factor/ratio(own[20:40], l) - 1)
		sums++
	}
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%, %.0f %%", 100*float64(near)/float64(n), 100*off/float64(sums))
}

// ratio is the length of the files divided by their estimate.
func ratio(list []recording, l level) float64 {
	actual, estimated := 0.0, 0.0
	for _, r := range list {
		actual, estimated = actual+r.file, estimated+r.estimate(l, speech.SilenceCounts).Likely
	}
	return actual / estimated
}

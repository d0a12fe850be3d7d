package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// span is a range of lengths in seconds.
type span struct {
	name     string
	from, to float64
}

func spans() []span {
	return []span{{"1–2 s", 1, 2}, {"2–4 s", 2, 4}, {"4–8 s", 4, 8}, {"8–20 s", 8, 20}, {"> 20 s", 20, 1e9}}
}

// byLength prints the errors by the length that the recordings have: of the voices that were
// measured, and of all.
func byLength(out io.Writer, all []recording) {
	measured := make([]recording, 0, len(all))
	for _, r := range all {
		if s := r.speaker(ofVoice, speech.SilenceCounts); s.Known() == speech.KnownVoice {
			measured = append(measured, r)
		}
	}
	for _, group := range []struct {
		name string
		list []recording
	}{{"voices that were measured", measured}, {"all voices, the pace of the language or service where the voice has none", all}} {
		fmt.Fprintf(out, "\nError by length, MAE (95 %%), share inside: %s\n\n| |", group.name)
		for _, s := range spans() {
			fmt.Fprintf(out, " %s |", s.name)
		}
		fmt.Fprintln(out, "\n|---|---|---|---|---|---|")
		for _, l := range []level{ofLanguage, ofVoice} {
			for _, silence := range []speech.Silence{speech.SilenceTrimmed, speech.SilenceCounts} {
				lengths(out, group.list, l, silence)
			}
		}
	}
}

// actual is the length of a recording, for one reading of its silence.
func (r *recording) actual(silence speech.Silence) float64 {
	if silence == speech.SilenceTrimmed {
		return r.words
	}
	return r.file
}

func lengths(out io.Writer, list []recording, l level, silence speech.Silence) {
	what := "whole file"
	if silence == speech.SilenceTrimmed {
		what = "speech"
	}
	fmt.Fprintf(out, "| %s, %s |", l, what)
	for _, s := range spans() {
		var t tally
		for _, r := range list {
			if actual := r.actual(silence); actual >= s.from && actual < s.to {
				t.add(r.estimate(l, silence), actual)
			}
		}
		if t.n == 0 {
			fmt.Fprint(out, " – |")
			continue
		}
		fmt.Fprintf(out, " %.1f %% (%.0f), %.0f %% of %d |", 100*t.mean(), 100*t.percentile(0.95), t.share(), t.n)
	}
	fmt.Fprintln(out)
}

// unsettled prints how many recordings lie inside the interval that holds both readings of
// the silence.
func unsettled(out io.Writer, all []recording) {
	fmt.Fprintf(out, "\nBefore a finished video has told whether silence counts, texts estimated at %.1f s of speech or more:\n\n", fewest)
	fmt.Fprintln(out, "| | n | speech inside | whole file inside | both inside | mean width |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|")
	for _, l := range []level{ofVoice, ofLanguage} {
		words := 0
		file := 0
		both := 0
		width := 0.0
		list := said(all)
		for _, r := range list {
			i := r.estimate(l, speech.SilenceUnsettled)
			if r.words >= i.Low && r.words <= i.High {
				words++
			}
			if r.file >= i.Low && r.file <= i.High {
				file++
			}
			if r.words >= i.Low && r.file <= i.High {
				both++
			}
			width += (i.High - i.Low) / i.Likely
		}
		n := float64(len(list))
		fmt.Fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", l, len(list), 100*float64(words)/n, 100*float64(file)/n, 100*float64(both)/n, 100*width/n)
	}
}

// recognition prints how many texts are recognised by themselves.
func recognition(out io.Writer, all []recording) {
	fmt.Fprintf(out, "\nLanguage recognised from the text alone, different texts of 15 characters or more:\n\n")
	fmt.Fprintln(out, "| lang | n | right | wrong | cannot tell |")
	fmt.Fprintln(out, "|---|---|---|---|---|")
	type counts struct{ n, right, wrong int }
	by := make(map[string]*counts)
	seen := make(map[string]bool)
	sum := counts{}
	for _, r := range all {
		if utf8.RuneCountInString(r.text) < 15 || seen[r.code()+r.text] {
			continue
		}
		seen[r.code()+r.text] = true
		c := by[r.code()]
		if c == nil {
			c = new(counts)
			by[r.code()] = c
		}
		for _, c := range []*counts{c, &sum} {
			c.n++
			switch speech.Recognise(r.text) {
			case r.code():
				c.right++
			case "":
			default:
				c.wrong++
			}
		}
	}
	by["all"] = &sum
	for _, code := range slices.Sorted(maps.Keys(by)) {
		c := by[code]
		fmt.Fprintf(out, "| %s | %d | %.0f %% | %.0f %% | %.0f %% |\n", code, c.n, 100*float64(c.right)/float64(c.n), 100*float64(c.wrong)/float64(c.n), 100*float64(c.n-c.right-c.wrong)/float64(c.n))
	}
}

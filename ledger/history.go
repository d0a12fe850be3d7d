package ledger

import (
	"slices"
	"unicode/utf8"
)

// A row's story is bounded: a service that is busy all night must not grow its
// entry without end. The beginning and the latest moments are kept.
const (
	firstMoments = 8
	moments      = 32
)

// remember adds a moment to a story. A full one loses its oldest moment after the first
// few: those tell how the row began, the latest ones how it stands.
func remember(history []Moment, m Moment) []Moment {
	history = append(slices.Clip(history), m)
	if len(history) > moments {
		history = slices.Delete(history, firstMoments, firstMoments+1)
	}
	return history
}

// unbroken is the part of a story from which nothing is missing.
func unbroken(history []Moment) []Moment {
	if len(history) < moments {
		return history
	}
	return history[firstMoments:]
}

// longestReason bounds the provider's words, in bytes: some answer with a page
// of HTML, and every moment of the story may quote it.
const longestReason = 1000

// clip cuts a reason between two characters, so that it stays valid UTF-8.
func clip(reason string) string {
	if len(reason) <= longestReason {
		return reason
	}
	end := longestReason
	for end > 0 && !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end] + "…"
}

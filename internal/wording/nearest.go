package wording

import (
	"cmp"
	"fmt"
	"strings"
)

// Nearest returns the candidate that a typing mistake turned into the word: one
// edit is allowed, and one more for each four letters. It is "" when none is that
// near. Both are compared as fold writes them.
func Nearest(word string, candidates []string, fold func(string) string) string {
	word = fold(word)
	best := ""
	limit := 1 + len(word)/4
	for _, c := range candidates {
		folded := fold(c)
		if d := distance(word, folded); d <= limit && d < len(folded) {
			best = c
			limit = d - 1
		}
	}
	return best
}

// Overlapping returns the first candidate that contains the word or is contained in it.
// Words of fewer letters than least are left out, since they are part of too many others.
func Overlapping(word string, candidates []string, fold func(string) string, least int) string {
	word = fold(word)
	for _, c := range candidates {
		folded := fold(c)
		if min(len(word), len(folded)) >= least && (strings.Contains(folded, word) || strings.Contains(word, folded)) {
			return c
		}
	}
	return ""
}

// DidYouMean asks whether a word was meant; it returns "" for none.
func DidYouMean(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", word)
}

// longest bounds the length of compared words: they are names and not texts.
const longest = 128

// distance counts the insertions, deletions, replacements and swaps of
// neighbours, in bytes, that turn one word into the other.
func distance(a, b string) int {
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// NearestOr asks whether the candidate was meant that a slip of the finger turned
// into the word; where none is near, it returns something else to say.
func NearestOr(word string, candidates []string, otherwise string) string {
	return cmp.Or(DidYouMean(Nearest(word, candidates, strings.ToLower)), otherwise)
}

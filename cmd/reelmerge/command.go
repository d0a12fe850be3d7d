package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// command is a line to copy that runs a command on this campaign, with the flags
// that it was given: without --sandbox, a copied command would pay. Where a word
// cannot be typed exactly, or would show a secret, "…" stands for the campaign.
func (s *setup) command(verb string, more ...string) string {
	verbs, words := append([]string{"reelmerge"}, strings.Fields(verb)...), s.words()
	line, ok := wording.Command(slices.Concat(verbs, words, more)...)
	if ok && !s.flags.telling() {
		return line
	}
	why := "a copied command would show what may be secret"
	for _, word := range words {
		if !wording.Typable(word) {
			why = unlike(word)
		}
	}
	return typed(slices.Concat(verbs, []string{"…"}, more)...) + " (… is the campaign and its flags as you typed them: " + why + ")"
}

// rowCommand is a line to copy that runs a command on one row.
func (s *setup) rowCommand(verb, key string, more ...string) string {
	if wording.Typable(key) {
		return s.command(verb, append(wording.Flag("--row", key), more...)...)
	}
	return s.command(verb) + ", for the row whose key holds " + hidden(key)
}

// words are what a person types for this campaign.
func (s *setup) words() []string {
	words := []string{operand(cmp.Or(s.Path, s.Rows.File))}
	if s.Path == "" {
		words = append(words, wording.Flag("--template", s.Template)...)
		if s.Rows.Key != "" {
			words = append(words, wording.Flag("--key", s.Rows.Key)...)
		}
	}
	for _, set := range s.flags.sets {
		words = append(words, wording.Flag("--set", set)...)
	}
	if s.flags.sandbox {
		words = append(words, "--sandbox")
	}
	return words
}

// operand is a path that is not taken for a flag.
func operand(path string) string {
	if strings.HasPrefix(path, "-") && path != "-" {
		return "./" + path
	}
	return path
}

// typed is a command line to copy. A word that cannot be typed exactly is "…".
func typed(words ...string) string {
	shown := make([]string, len(words))
	for i, word := range words {
		if shown[i] = word; !wording.Typable(word) {
			shown[i] = "…"
		}
	}
	line, _ := wording.Command(shown...)
	return line
}

// unlike says why a word is not shown in a command.
func unlike(word string) string {
	return "a copied command would not have " + hidden(word) + " of the name"
}

// hidden names the character for which a word cannot be typed.
func hidden(word string) string {
	r, found := wording.Untypable(word)
	if !found {
		return "a quote" // which only Windows cannot be given
	}
	return wording.Character(r)
}

// telling reports whether one of the settings on the command line is an address
// that may carry a password or a key.
func (f campaignFlags) telling() bool {
	return slices.ContainsFunc(f.sets, func(set string) bool {
		key, value, _ := strings.Cut(set, "=")
		address := strings.Contains(value, "://") || strings.HasPrefix(key, "provider.paths") || strings.HasPrefix(key, "webhook")
		return address && strings.ContainsAny(value, "@?")
	})
}

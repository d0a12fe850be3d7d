package reelmerge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// Command is a line to copy that runs a command on this campaign, with the settings that
// it was opened with: without --sandbox, a copied command would pay. If a word cannot be
// typed exactly, or would show a secret, "…" stands for the campaign.
func (c *Campaign) Command(verb string, flags ...string) string {
	verbs, words := append([]string{"reelmerge"}, strings.Fields(verb)...), c.words()
	line, ok := wording.Command(slices.Concat(verbs, words, flags)...)
	if ok && !c.telling() {
		return line
	}
	why := "a copied command could show a secret"
	for _, word := range words {
		if !wording.Typable(word) {
			why = "a copied command would not have " + wording.Hidden(word) + " of the name"
		}
	}
	return wording.Shown(slices.Concat(verbs, []string{"…"}, flags)...) + " (… is the campaign and its flags as you typed them: " + why + ")"
}

// RowCommand is a line to copy that runs a command on one row.
func (c *Campaign) RowCommand(verb, key string, flags ...string) string {
	if wording.Typable(key) {
		return c.Command(verb, append(wording.Flag("--row", key), flags...)...)
	}
	return c.Command(verb) + ", for the row whose key holds " + wording.Hidden(key)
}

// words are the words that a person types for this campaign.
func (c *Campaign) words() []string {
	words := []string{operand(cmp.Or(c.file.Path, c.file.Rows.Shown()))}
	if c.file.Path == "" {
		words = append(words, wording.Flag("--template", c.file.Template)...)
		if c.file.Rows.Key != "" {
			words = append(words, wording.Flag("--key", c.file.Rows.Key)...)
		}
	}
	for _, set := range c.options.Set {
		words = append(words, wording.Flag("--set", set)...)
	}
	if c.options.Store != "" {
		words = append(words, wording.Flag("--store", c.options.Store)...)
	}
	if c.options.Sandbox {
		words = append(words, "--sandbox")
	}
	return words
}

// operand writes a path so that it is not taken for a flag.
func operand(path string) string {
	if strings.HasPrefix(path, "-") && path != "-" {
		return "./" + path
	}
	return path
}

// telling reports whether a setting on the command line is an address that may contain a
// password or a key.
func (c *Campaign) telling() bool {
	if c.file.Path == "" && !c.file.Rows.Link.Empty() {
		return true
	}
	if c.options.Store != "" && c.file.Store.HasPassword() {
		return true
	}
	return slices.ContainsFunc(c.options.Set, func(set string) bool {
		key, value, _ := strings.Cut(set, "=")
		if key == "rows.file" && campaign.IsLink(value) {
			return true
		}
		address := strings.Contains(value, "://") || strings.HasPrefix(key, "provider.paths") || strings.HasPrefix(key, "webhook")
		return address && strings.ContainsAny(value, "@?")
	})
}

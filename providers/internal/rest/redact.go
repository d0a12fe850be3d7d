package rest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much of a service's words is kept.
const (
	maxWords  = 4096 // bytes that are searched for patterns
	maxShown  = 300  // characters that are shown
	minSecret = 4    // shorter values are no secrets, and would blot out half a text
)

// hidden stands where something was taken out.
const hidden = "[hidden]"

// redactor removes secrets and values of rows from texts.
type redactor struct {
	secrets  []string
	patterns []pattern
}

type pattern struct {
	find    *regexp.Regexp
	replace string
}

func newRedactor(secrets []string) redactor {
	r := redactor{patterns: []pattern{
		{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@"'<>]+@`), "$1"},
		{regexp.MustCompile(`(?i)\b(https?://[^\s?#"'<>]*)[?#][^\s"'<>]*`), "$1?" + hidden},
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{4,}`), "$1 " + hidden},
		{regexp.MustCompile(`(?i)\b((?:api[_-]?)?(?:key|token|secret|signature|sig|password)["']?\s*[=:]\s*["']?)[^\s"'&,;]+`), "$1" + hidden},
	}}
	for _, secret := range secrets {
		r.add(secret)
	}
	slices.SortFunc(r.secrets, longestFirst)
	return r
}

// add remembers a secret in the spellings in which it may come back, and what
// follows the scheme in "Bearer abc".
func (r *redactor) add(secret string) {
	secret = strings.TrimSpace(secret)
	_, bare, _ := strings.Cut(secret, " ")
	for _, s := range []string{secret, bare, url.QueryEscape(secret), url.PathEscape(secret), url.QueryEscape(bare)} {
		if len(s) >= minSecret && !slices.Contains(r.secrets, s) {
			r.secrets = append(r.secrets, s)
		}
	}
}

func longestFirst(a, b string) int { return cmp.Compare(len(b), len(a)) }

// clean makes foreign words fit to be shown: without secrets, query strings,
// private values, control and direction characters, on one line, and short.
func (r redactor) clean(text string, private []string) string {
	text = oneLine(strings.ToValidUTF8(text, "")) // first: a control character must not hide a secret
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	text = strings.ToValidUTF8(text[:min(len(text), maxWords)], "")
	for _, p := range r.patterns {
		text = p.find.ReplaceAllString(text, p.replace)
	}
	for _, value := range slices.SortedFunc(slices.Values(private), longestFirst) {
		text = hideWord(text, oneLine(value))
	}
	return shorten(text)
}

// Clean makes a service's words fit to be shown; private values, such as those
// of a row, are taken out.
func (c *Client) Clean(text string, private ...string) string {
	return c.redactor.clean(text, private)
}

// hideWord takes out a value where it stands as a word of its own. A single
// character tells nothing.
func hideWord(text, value string) string {
	if utf8.RuneCountInString(value) < 2 {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, value)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if inside(before, value, after) {
			out.WriteString(value)
		} else {
			out.WriteString(hidden)
		}
		text = after
	}
}

// inside reports whether a value is only part of a longer word.
func inside(before, value, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(value)
	end, _ := utf8.DecodeLastRuneInString(value)
	next, _ := utf8.DecodeRuneInString(after)
	return letter(last) && letter(first) || letter(end) && letter(next)
}

func letter(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxShown {
		return text
	}
	return string(runes[:maxShown]) + "…"
}

// words finds the message in the body of a refusal. No service promises a form, so all
// usual ones are read: a text, {"error": "…"}, {"error": {"message": "…"}}, {"errors":
// ["…"]} and their like.
func words(body []byte) string {
	var value any
	if json.Unmarshal(body, &value) == nil {
		return wordsOf(value, 0)
	}
	if !utf8.Valid(body) || strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		return ""
	}
	return string(body)
}

func wordsOf(value any, depth int) string {
	if depth > 4 {
		return ""
	}
	switch v := value.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, item := range v[:min(len(v), 3)] {
			if text := wordsOf(item, depth+1); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, "; ")
	case map[string]any:
		for _, name := range []string{"message", "error", "detail", "details", "errors", "error_description", "reason", "title", "msg"} {
			if text := wordsOf(v[name], depth+1); text != "" {
				return text
			}
		}
	}
	return ""
}

package wording

import (
	"strings"
	"testing"
)

func TestTextsAreBrokenBetweenWords(t *testing.T) {
	for _, c := range []struct {
		text   string
		width  int
		indent string
		want   string
	}{
		{"", 10, "  ", ""},
		{"one two three four", 0, "  ", "one two three four"},
		{"one  two\nthree four", 9, "", "one two|three|four"},
		{"one two three four", 9, "  ", "one two|  three|  four"},
		{"one twothreefourfive six", 8, "", "one|twothreefourfive|six"},
		{"名前 名前 名前", 9, "", "名前 名前|名前"}, // each takes two columns
		{"e\u0301te\u0301 e\u0301te\u0301", 7, "", "e\u0301te\u0301 e\u0301te\u0301"},
	} {
		if got := strings.Join(Wrap(c.text, c.width, c.indent), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

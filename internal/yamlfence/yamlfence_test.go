package yamlfence_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/parser"

	"github.com/reelmerge/reelmerge/internal/yamlfence"
)

// hostile are documents whose parsing takes time that grows with the square of
// their size.
func hostile() map[string]func(size int) string {
	fill := func(head, part, tail string) func(int) string {
		return func(size int) string { return head + strings.Repeat(part, (size-len(head)-len(tail))/len(part)) + tail }
	}
	numbered := func(head, line string) func(int) string {
		return func(size int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := 0; b.Len() < size; i++ {
				fmt.Fprintf(&b, line, i)
			}
			return b.String()
		}
	}
	group := numbered("-\n", "  k%d: v\n")(16_000)
	return map[string]func(int) string{
		"blank lines of a text block":         fill("a: |\n", "\n", ""),
		"blank lines with spaces":             fill("a: |\n  x\n", "  \n", ""),
		"blank lines with tabs":               fill("a: >\n  x\n", "  \t\n", ""),
		"blank lines of an old Mac":           fill("a: |\n", "\r", ""),
		"blank lines of Windows":              fill("a: |\n", "\r\n", ""),
		"blank lines that are kept":           fill("a: |+\n  x\n", "\n", ""),
		"blank lines in a list":               fill("a:\n- |\n  x\n", "\n", "- b\n"),
		"rows of blank lines":                 fill("", "a: |\n"+strings.Repeat("\n", 1500)+"b:\n", ""),
		"keys":                                numbered("", "k%d: v\n"),
		"keys without a value":                numbered("", "k%d:\n"),
		"keys deep down":                      numbered("a:\n b:\n  c:\n", "   k%d: v\n"),
		"keys with a question mark":           fill("", "? a\n", ""),
		"keys that begin with a comment":      fill("", "# c\nk: v\n", ""),
		"keys that hold groups":               numbered("", "k%d:\n  a: b\n"),
		"keys in a list":                      numbered("-\n", "  k%d: v\n"),
		"long groups, one behind the other":   fill("", group, ""),
		"documents":                           fill("", "---\na: 1\n", ""),
		"ends of documents":                   fill("", "a: 1\n...\n", ""),
		"lists of nothing":                    fill("", "-\n", ""),
		"dashes on one line":                  fill("", "- ", ""),
		"question marks on one line":          fill("", "? ", ""),
		"brackets":                            fill("", "[", ""),
		"braces":                              fill("", "{a: ", ""),
		"values in brackets":                  fill("a: [", "1,", "1]\n"),
		"closing brackets first":              fill("]]]]]]\n", "k:\n", ""),
		"a list with dashes and keys in rows": fill("", "- a: 1\n  b: 2\n", ""),
	}
}

// TestNoDocumentTakesLong holds what the fence lets through to a time that a person
// does not notice, at the largest size that is read anywhere.
func TestNoDocumentTakesLong(t *testing.T) {
	for name, write := range hostile() {
		t.Run(name, func(t *testing.T) {
			text := write(1 << 20)
			start := time.Now()
			tokens, fault := yamlfence.Tokens(text)
			if fault == nil {
				_, _ = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // whether it is YAML is not the question
			}
			if took := time.Since(start); took > 10*time.Second { // half a second on an idle machine; without the fence, minutes
				t.Errorf("took %v, fault %v", took, fault)
			}
		})
	}
}

// TestWhatJustPassesIsParsedSoon gives documents that are as bad as the limits let them be.
func TestWhatJustPassesIsParsedSoon(t *testing.T) {
	for name, write := range hostile() {
		t.Run(name, func(t *testing.T) {
			size := 200_000
			tokens, fault := yamlfence.Tokens(write(size))
			for fault != nil && size > 64 {
				size = size * 3 / 4
				tokens, fault = yamlfence.Tokens(write(size))
			}
			start := time.Now()
			_, _ = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
			took := time.Since(start)
			t.Logf("%d bytes, %v", size, took)
			if took > 5*time.Second { // a tenth of a second on an idle machine
				t.Errorf("%d bytes took %v", size, took)
			}
		})
	}
}

// TestWhatPeopleWritePasses shows that the limits are far from what a person writes.
func TestWhatPeopleWritePasses(t *testing.T) {
	var scenes, variables strings.Builder
	for i := range 300 {
		fmt.Fprintf(&scenes, "    - name: scene %d\n      tracks:\n        - type: actor\n          text: |\n            Hello {first_name},\n\n            welcome.\n", i)
	}
	for i := range 1000 {
		fmt.Fprintf(&variables, "  variable_%d: {column: \"Column %d\", format: '#,##0.00'}\n", i, i)
	}
	for name, text := range map[string]string{
		"a campaign":        "rows: {file: customers.xlsx, key: ID}\n\n\n\n\ntemplate: welcome.json\n",
		"many scenes":       "operation: colossyan/video-job\nrequest:\n  videoCreative:\n    scenes:\n" + scenes.String(),
		"many variables":    "variables:\n" + variables.String(),
		"a long block":      "a: |\n" + strings.Repeat("  a line\n\n", 10_000),
		"two pages of air":  "a: 1" + strings.Repeat("\n", 200) + "b: |\n  x" + strings.Repeat("\n", 200) + "c: 2\n",
		"Windows line ends": "a: 1\r\n\r\nb:\r\n  - c\r\n",
		"nothing":           "",
	} {
		if _, fault := yamlfence.Tokens(text); fault != nil {
			t.Errorf("%s: %+v", name, *fault)
		}
	}
}

func TestAFaultNamesItsLine(t *testing.T) {
	for text, line := range map[string]int{
		"a: |\n  x\n" + strings.Repeat("\n", 5000):              2003,
		"a: 1\nb: " + strings.Repeat("[", 50):                   2,
		strings.Repeat("k: v\n", 3000):                          2001,
		"a: 1\n\n" + strings.Repeat(" ", 200) + "b: 1":          3,
		"a: |\r\n  x\r\n" + strings.Repeat("\r\n", 5000) + "b:": 2003,
	} {
		if _, fault := yamlfence.Tokens(text); fault == nil || fault.Line != line || fault.Message == "" {
			t.Errorf("%.12q…: %+v, want line %d", text, fault, line)
		}
	}
}

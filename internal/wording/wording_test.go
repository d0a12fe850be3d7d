package wording

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func hostile() []string {
	return []string{
		"campaign.yaml", "my file.csv", "it's.csv", "$(rm -rf).csv", "", "größe.csv", `a\b`, "-x", "--row", "=ls", "~", "a=b c",
		`"`, "`id`", "%PATH%", "a;b", "a|b", "a&b", "{1,2}", "*", "?", "!1", "#", "a^b", "  two  blanks ", "山田", "o'o'o",
	}
}

// TestPrintedCommandsAreWhatTheShellReads asks a shell for the words of each
// command.
func TestPrintedCommandsAreWhatTheShellReads(t *testing.T) {
	for _, word := range hostile() {
		roundTrip(t, word, "second "+word)
	}
}

func FuzzPrintedCommandsAreWhatTheShellReads(f *testing.F) {
	for _, word := range append(hostile(), "C1\u200b", "C3\u2003--save-campaign\u2003/path", "c\x1b[31m.yaml", "a\nb", "\xff", "e\u0301", "\u202ex", "❤️") {
		f.Add(word, "x")
	}
	f.Fuzz(func(t *testing.T, one, other string) { roundTrip(t, one, other) })
}

func roundTrip(t *testing.T, words ...string) {
	t.Helper()
	line, ok := Command(words...)
	if !ok {
		return
	}
	if Clean(line) != line {
		t.Fatalf("%q: cleaning changes %q", words, line)
	}
	if runtime.GOOS == "windows" {
		return
	}
	out, err := exec.Command("sh", "-c", `for w in `+line+`; do printf '%s\0' "$w"; done`).Output()
	if want := strings.Join(words, "\x00") + "\x00"; err != nil || string(out) != want {
		t.Fatalf("%s: the shell reads %q, want %q (%v)", line, out, want, err)
	}
}

// TestCommandWithAWordThatCannotBeTypedIsNotPrinted.
func TestCommandWithAWordThatCannotBeTypedIsNotPrinted(t *testing.T) {
	for word, what := range map[string]string{
		"C1\u200b": "U+200B (zero width space)", "C3\u2003x": "U+2003 (em space)", "c\x1b[31m": "U+001B (escape)", "a\nb": "U+000A (line break)",
		"a\u00a0b": "U+00A0 (no-break space)", "\u202ea": "U+202E (right-to-left override)", "a\ufe0f": "U+FE0F", "a\u2800": "U+2800",
		"a\u3164": "U+3164", "a\u034fb": "U+034F", "a\xffb": "a byte that is no text", "a\u2028b": "U+2028", "a\u200db": "U+200D (zero width joiner)",
		"\U000e0041": "U+E0041", "\ue000": "U+E000", "\x7f": "U+007F", "\u0085": "U+0085",
	} {
		if line, ok := Command("reelmerge", word); ok {
			t.Errorf("%q is printed as %s", word, line)
		}
		if r, found := Untypable(word); !found || Character(r) != what {
			t.Errorf("%q: %v %q, want %q", word, found, Character(r), what)
		}
	}
}

// TestWordsForWindows.
func TestWordsForWindows(t *testing.T) {
	for word, want := range map[string]string{
		`C:\a\c.yaml`: `C:\a\c.yaml`, `my c.yaml`: `"my c.yaml"`, `my dir\`: `"my dir\\"`, "a,b": `"a,b"`, "": `""`,
	} {
		if got := windowsWord(word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
	for _, word := range []string{`a"b`, "%PATH%", "$x", "a`b"} {
		if windowsTypable(word) {
			t.Errorf("%s can be typed", word)
		}
	}
}

// TestValueLikeAFlagIsGivenWithAnEqualsSign.
func TestValueLikeAFlagIsGivenWithAnEqualsSign(t *testing.T) {
	for value, want := range map[string]string{"C1": "--row C1", "-x": "--row=-x", "--yes": "--row=--yes", "": "--row ''"} {
		if got, ok := Command(Flag("--row", value)...); !ok || got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

// TestWriterLeavesNothingThatATerminalObeys writes each text in pieces of every
// length.
func TestWriterLeavesNothingThatATerminalObeys(t *testing.T) {
	const text = "a\x1b[31mb\u202ec\tz\u00f6\n\u200b\r\x07\u2028\u009b2J山\xff.\n"
	for size := 1; size <= len(text); size++ {
		var b strings.Builder
		w := Writer(&b)
		for i := 0; i < len(text); i += size {
			piece := text[i:min(i+size, len(text))]
			if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got, want := b.String(), "a[31mbc\tzö\n  2J山.\n"; got != want || !utf8.ValidString(got) {
			t.Fatalf("in pieces of %d: %q, want %q", size, got, want)
		}
	}
}

func TestCleanLeavesNothingThatMovesACursor(t *testing.T) {
	for in, want := range map[string]string{
		"Ada": "Ada", "\x1b[31mred\x1b[0m": "[31mred[0m", "a\nb\tc": "a b c", "\u009b31m": "31m", "x\u202ey\u2066z\u200f": "xyz",
		"Zoë 漢 😀": "Zoë 漢 😀", "می\u200cخواهم": "می\u200cخواهم", "\ufeffa\u200bb": "ab", "bad\xff": "bad", "\ufffe\U000e0041": "",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := Clean(rapid.String().Draw(t, "text"))
		bad := func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
		}
		if strings.ContainsFunc(got, bad) || Clean(got) != got {
			t.Fatalf("%q", got)
		}
	})
}

func TestSetVariableIsWhatTheShellTakes(t *testing.T) {
	for _, tt := range []struct{ system, msystem, want string }{
		{"linux", "", "export COLOSSYAN_TOKEN=…"},
		{"darwin", "", "export COLOSSYAN_TOKEN=…"},
		{"windows", "", `$env:COLOSSYAN_TOKEN = "…"`},
		{"windows", "MINGW64", "export COLOSSYAN_TOKEN=…"},
	} {
		env := func(name string) string { return map[string]string{"MSYSTEM": tt.msystem}[name] }
		if got := SetVariable("COLOSSYAN_TOKEN", "…", tt.system, env); got != tt.want {
			t.Errorf("%s %s: %s", tt.system, tt.msystem, got)
		}
	}
}

package safename_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/internal/safename"
)

func TestCleanNames(t *testing.T) {
	for in, want := range map[string]string{
		"C-1001.mp4":                      "C-1001.mp4",
		"Zoë.mp4":                         "Zoë.mp4",
		"Zoe\u0308.mp4":                   "Zoë.mp4",
		"../../etc/passwd":                "etcpasswd",
		`C:\temp\x.mp4`:                   "Ctempx.mp4",
		"con.mp4":                         "_con.mp4",
		"NUL":                             "_NUL",
		"com¹.mp4":                        "_com¹.mp4",
		"LPT9 .tar.mp4":                   "_LPT9 .tar.mp4",
		"COMET.mp4":                       "COMET.mp4",
		"a:b.mp4":                         "ab.mp4",
		"name. . .mp4":                    "name.mp4",
		"name.mp4. .":                     "name.mp4",
		"":                                "_",
		".mp4":                            "_.mp4",
		"???.mp4":                         "_.mp4",
		"line\r\nbreak.mp4":               "line  break.mp4",
		"\u202egnp.mp4":                   "gnp.mp4",
		"bad\xff\xfe.mp4":                 "bad.mp4",
		strings.Repeat("ä", 200):          strings.Repeat("ä", 60),
		strings.Repeat("x", 200) + ".mp4": strings.Repeat("x", 116) + ".mp4",
		"con" + strings.Repeat(" ", 150) + "x.mp4":  "_con.mp4",
		strings.Repeat("y", 118) + "..verylongtail": strings.Repeat("y", 118),
	} {
		if got := safename.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFillPutsKeyAndRowInPlace(t *testing.T) {
	if got := safename.Fill("{row}-{key}.mp4", "A/7", 147); got != "147-A7.mp4" {
		t.Errorf("got %q", got)
	}
	if got := safename.Fill("{key}.mp4", "{row}", 3); got != "{row}.mp4" {
		t.Errorf("a key is not a pattern: got %q", got)
	}
}

// hostile draws strings from the characters that make trouble.
func hostile() *rapid.Generator[string] {
	nasty := []rune("aZ09 ./\\:*?\"<>|_$\x00\x1b\r\n\t\u0308\u0338\u200d\u202e\u2028\u00a0\ufeff\ufffdéßſKⅰ漢😀¹COMNUL")
	return rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom(nasty)), rapid.StringOfN(rapid.SampledFrom(nasty), 100, 300, -1))
}

func TestAnyNameBecomesPortable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := hostile().Draw(t, "name") + rapid.SampledFrom([]string{"", ".mp4"}).Draw(t, "extension")
		got := safename.Clean(in)
		switch {
		case got == "" || len(got) > safename.Longest:
			t.Fatalf("Clean(%q) has %d bytes", in, len(got))
		case !utf8.ValidString(got) || !norm.NFC.IsNormalString(got):
			t.Fatalf("Clean(%q) = %q is not composed UTF-8", in, got)
		case !filepath.IsLocal(got) || filepath.Base(got) != got:
			t.Fatalf("Clean(%q) = %q leaves the folder", in, got)
		case strings.ContainsAny(got, `<>:"/\|?*`) || strings.ContainsFunc(got, unicode.IsControl):
			t.Fatalf("Clean(%q) = %q holds a forbidden character", in, got)
		case strings.Trim(got, " .") != got:
			t.Fatalf("Clean(%q) = %q has a dot or space at an end", in, got)
		case safename.Clean(got) != got:
			t.Fatalf("Clean(%q) = %q, and again %q", in, got, safename.Clean(got))
		}
	})
}

func TestFoldFindsNamesOfOneFile(t *testing.T) {
	for _, pair := range [][2]string{{"ZOË.mp4", "zoë.mp4"}, {"Zoe\u0308", "ZOË"}, {"straße", "STRASSE"}, {"ΣΑΣ", "σας"}} {
		if safename.Fold(pair[0]) != safename.Fold(pair[1]) {
			t.Errorf("%q and %q fold to %q and %q", pair[0], pair[1], safename.Fold(pair[0]), safename.Fold(pair[1]))
		}
	}
	if safename.Fold("ada.mp4") == safename.Fold("adá.mp4") {
		t.Error("an accent makes another file")
	}
}

func TestFoldKnowsBothCasesOfEachLetter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if other := unicode.SimpleFold(r); safename.Fold(string(r)) != safename.Fold(string(other)) {
			t.Errorf("%c and %c fold to %q and %q", r, other, safename.Fold(string(r)), safename.Fold(string(other)))
		}
	}
}

func TestFoldIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := safename.Fold(hostile().Draw(t, "name"))
		if twice := safename.Fold(once); twice != once {
			t.Fatalf("%q folds to %q", once, twice)
		}
	})
}

// TestALongKeyIsCutAndNotTheRowsNumber, which tells the rows apart.
func TestALongKeyIsCutAndNotTheRowsNumber(t *testing.T) {
	long := strings.Repeat("x", 200)
	for pattern, want := range map[string]string{
		"{key}-{row}.mp4":    strings.Repeat("x", 113) + "-17.mp4",
		"{row}-{key}.mp4":    "17-" + strings.Repeat("x", 113) + ".mp4",
		"{key}{row}":         strings.Repeat("x", 118) + "17",
		"{key}.mp4":          strings.Repeat("x", 116) + ".mp4",
		"{key}+{key}-{row}":  strings.Repeat("x", 58) + "+" + strings.Repeat("x", 58) + "-17",
		"the {row} of {key}": "the 17 of " + strings.Repeat("x", 110),
	} {
		if got := safename.Fill(pattern, long, 17); got != want {
			t.Errorf("Fill(%q) = %q, want %q", pattern, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		key := hostile().Draw(t, "key") + strings.Repeat("é", rapid.IntRange(0, 120).Draw(t, "more"))
		name := safename.Fill("{key}-{row}.mp4", key, 17)
		if !strings.HasSuffix(name, "-17.mp4") || len(name) > safename.Longest || name != safename.Clean(name) {
			t.Errorf("%q", name)
		}
		if cut := safename.Fill("{key}.mp4", key, 17); cut != safename.Clean(key+".mp4") {
			t.Errorf("%q is not what the cut of the whole name is: %q", cut, safename.Clean(key+".mp4"))
		}
	})
}

func TestANumberedNameIsAnotherOneAndKnown(t *testing.T) {
	for name, want := range map[string]string{
		"C-1.mp4": "C-1-2.mp4", "C-1": "C-1-2", "a.b.mp4": "a.b-2.mp4",
		strings.Repeat("x", 116) + ".mp4": strings.Repeat("x", 114) + "-2.mp4",
	} {
		if got := safename.Numbered(name, 2); got != want || !safename.IsNumbered(name, got) || !safename.IsNumbered(name, name) {
			t.Errorf("Numbered(%q) = %q, want %q", name, got, want)
		}
	}
	for _, other := range []string{"C-2.mp4", "C-1-1.mp4", "C-1-02.mp4", "C-1-.mp4", "C-1-2.avi", "", "-2"} {
		if safename.IsNumbered("C-1.mp4", other) {
			t.Errorf("%q passes for a name of C-1.mp4", other)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := safename.Clean(hostile().Draw(t, "name"))
		n := rapid.IntRange(2, 12345).Draw(t, "n")
		got := safename.Numbered(name, n)
		if got == name || len(got) > safename.Longest || got != safename.Clean(got) || !safename.IsNumbered(name, got) {
			t.Errorf("Numbered(%q, %d) = %q", name, n, got)
		}
	})
}

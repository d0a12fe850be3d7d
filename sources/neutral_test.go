package sources_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/sources"
)

func TestNeutralizeTouchesOnlyWhatASpreadsheetWouldRun(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"Ada":                    "Ada",
		"'tis the season":        "'tis the season",
		"O'Neil":                 "O'Neil",
		"''":                     "''",
		"=1+1":                   "'=1+1",
		"'=1+1":                  "''=1+1",
		"@SUM(A1)":               "'@SUM(A1)",
		"\tx":                    "'\tx",
		"\rx":                    "'\rx",
		"+":                      "'+",
		"-":                      "'-",
		"- none -":               "'- none -",
		"-12.50":                 "-12.50",
		"-1,234.50":              "-1,234.50",
		"-5%":                    "-5%",
		"-.5":                    "-.5",
		"-1e5":                   "-1e5",
		"+49 30 901820":          "+49 30 901820",
		"+1 (415) 555-1234":      "+1 (415) 555-1234",
		"+49/30-123":             "+49/30-123",
		"-2+3+cmd|' /C calc'!A0": "'-2+3+cmd|' /C calc'!A0",
		"-A1":                    "'-A1",
		"+SUM(1,2)":              "'+SUM(1,2)",
		"-Inf":                   "'-Inf",
		"＝1+1":                   "'＝1+1",
		"＋SUM(A1)":               "'＋SUM(A1)",
		"－A1":                    "'－A1",
		"＠SUM(A1)":               "'＠SUM(A1)",
		"﹦1":                     "'﹦1",
		"\n=1+1":                 "'\n=1+1",
		"\n\n @A1":               "'\n\n @A1",
		" =1+1":                  "' =1+1",
		"   -A1":                 "'   -A1",
		"\u00a0=1":               "'\u00a0=1",
		"\u3000＝1":               "'\u3000＝1",
		"\ufeff=1":               "'\ufeff=1",
		"\u200b=1":               "'\u200b=1",
		"\u202e=1":               "'\u202e=1",
		"\x00=1":                 "'\x00=1",
		"\v+A1":                  "'\v+A1",
		"' =1":                   "'' =1",
		" -12.50":                " -12.50",
		"\n+49 30 901820":        "\n+49 30 901820",
		"－5":                     "－5",
		"\nAda":                  "\nAda",
		" Ada = Grace":           " Ada = Grace",
		"３＝３":                    "３＝３",
		"\u2212 7":               "\u2212 7",
	} {
		if got := sources.Neutralize(in); got != want {
			t.Errorf("Neutralize(%q) = %q, want %q", in, got, want)
		}
		if got := sources.Restore(want); got != in {
			t.Errorf("Restore(%q) = %q, want %q", want, got, in)
		}
	}
}

func TestRestoreLeavesOtherQuotesAlone(t *testing.T) {
	for _, s := range []string{"'", "''", "'Ada'", "'tis", "'-5", "'+49 30", "=1", "'a=1", "'\nAda", "' -5"} {
		if got := sources.Restore(s); got != s {
			t.Errorf("Restore(%q) = %q, want it unchanged", s, got)
		}
	}
}

func TestRestoreIsTheInverseOfNeutralize(t *testing.T) {
	piece := rapid.SampledFrom([]string{"'", "=", "@", "+", "-", "\t", "\r", "\n", " ", "1", "2.5", "e", "a", "é", "%", ",", "(", ")", "|", "Inf", "0x", "_", "＝", "＋", "\u3000", "\ufeff", "\u00a0"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "") + rapid.String().Draw(t, "tail")
		n := sources.Neutralize(s)
		if got := sources.Restore(n); got != s {
			t.Fatalf("Restore(Neutralize(%q)) = %q", s, got)
		}
		if first := strings.TrimLeft(s, " \n\u3000\ufeff\u00a0"); n == s && first != "" && strings.ContainsRune("=@＝＠", []rune(first)[0]) {
			t.Fatalf("Neutralize(%q) left a formula", s)
		}
	})
}

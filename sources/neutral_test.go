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
	for _, s := range []string{"'", "''", "'Ada'", "'tis", "'-5", "'+49 30", "' =1", "=1", "'a=1"} {
		if got := sources.Restore(s); got != s {
			t.Errorf("Restore(%q) = %q, want it unchanged", s, got)
		}
	}
}

func TestRestoreIsTheInverseOfNeutralize(t *testing.T) {
	piece := rapid.SampledFrom([]string{"'", "=", "@", "+", "-", "\t", "\r", "\n", " ", "1", "2.5", "e", "a", "é", "%", ",", "(", ")", "|", "Inf", "0x", "_"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "") + rapid.String().Draw(t, "tail")
		n := sources.Neutralize(s)
		if got := sources.Restore(n); got != s {
			t.Fatalf("Restore(Neutralize(%q)) = %q", s, got)
		}
		if first := strings.TrimLeft(s, " "); n == s && first != "" && strings.ContainsRune("=@\t\r", rune(s[0])) {
			t.Fatalf("Neutralize(%q) left a formula", s)
		}
	})
}

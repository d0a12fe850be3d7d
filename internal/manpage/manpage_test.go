package manpage_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/manpage"
)

func odd() manpage.Page {
	return manpage.Page{
		Name: "reelmerge-odd", Short: "Say -- odd things", Usage: "reelmerge odd [flags]",
		About:    ".hidden lines begin with a point,\n'others with a quote, some with C:\\new.\n\n  reelmerge odd --first\n\n  reelmerge odd --second\n\nAnd on.",
		Options:  []manpage.Entry{{Term: "-y, --yes", Text: ".5 is a number"}},
		Examples: "  reelmerge odd --yes",
		Exit:     []manpage.Entry{{Term: "0", Text: "done"}},
		Also:     []string{"reelmerge", "reelmerge-run"},
	}
}

func TestAPageEscapesWhatManWouldObey(t *testing.T) {
	page := string(odd().Render(manpage.Edition{Version: "v1.2.3", Date: "2026-11-30"}))
	for _, want := range []string{
		".TH REELMERGE\\-ODD 1 \"2026-11-30\" \"reelmerge v1.2.3\" \"Reelmerge\"\n", "\n\\&.hidden lines", "\n\\&'others", `C:\enew.`,
		"\n.TP\n.B \\-y, \\-\\-yes\n\\&.5 is a number\n", "\n.SH EXIT STATUS\n", "\n.SH ENVIRONMENT\n", "\n.SH FILES\n",
		"\n.SH SEE ALSO\n.BR reelmerge (1) ,\n.BR reelmerge\\-run (1)\n", ".nf\nreelmerge odd \\-\\-first\n\nreelmerge odd \\-\\-second\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
}

// TestGroffHasNothingToSay has the program behind man look at a page.
func TestGroffHasNothingToSay(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("SKIPPED: groff is not installed; the page is not looked at by the program behind man")
	}
	look := exec.Command(groff, "-man", "-Tutf8", "-ww", "-k", "-P-cbou")
	look.Stdin = strings.NewReader(string(odd().Render(manpage.Edition{Version: "v1.2.3"})))
	var said strings.Builder
	look.Stderr = &said
	shown, err := look.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("%v: %s", err, said.String())
	}
	for _, want := range []string{".hidden lines", `C:\new`, "--first", "reelmerge-run"} {
		if !strings.Contains(strings.Join(strings.Fields(string(shown)), " "), want) { // it fills lines with blanks
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
}

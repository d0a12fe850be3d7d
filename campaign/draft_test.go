package campaign_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
)

// TestADraftIsReadAsItWasMeant: every text comes back, and what is open is a comment.
func TestADraftIsReadAsItWasMeant(t *testing.T) {
	folder := t.TempDir()
	d := campaign.Draft{
		Path: filepath.Join(folder, "campaign.yaml"), Next: "reelmerge check campaign.yaml", Sheet: filepath.Join(folder, "data", "Kunden: #1.csv"),
		HeaderRow: 3, Key: "yes", Template: filepath.Join(folder, "t.json"), Variables: [][2]string{{"name", `Vor"name'`}},
		Service: filepath.Join(folder, "acme.service.yaml"), Token: "ACME_TOKEN", WhereToken: "Account, API", BaseURL: "https://acme.example",
		Open: []campaign.OpenPoint{
			{What: "no price is known", Cure: "say what one video costs", Section: "prices", Lines: []string{"unit: EUR", "per_job: 0.50"}},
			{What: "the length is not known", Cure: "add it to the template"},
		},
	}
	text := string(d.Text())
	file, problems := campaign.Parse(d.Path, []byte(text), nil)
	if problems.HasErrors() {
		t.Fatalf("%v\n%s", problems, text)
	}
	if file.Rows.File != d.Sheet || file.Rows.HeaderRow != 3 || file.Rows.Key != "yes" || file.Template != d.Template ||
		file.Provider.File != d.Service || file.Provider.BaseURL != d.BaseURL || file.Variables["name"].Source.Column != `Vor"name'` {
		t.Errorf("read as %+v from\n%s", file, text)
	}
	for _, want := range []string{
		"# Next: reelmerge check campaign.yaml\n", "# Undecided: the length is not known;\n", "  file: \"data/Kunden: #1.csv\"\n",
		"  # Undecided: no price is known;\n  # say what one video costs.\n#prices:\n#  unit: EUR\n#  per_job: 0.50\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Package voices_test runs the example of this folder as a person would, with and
// without trouble on the line.
package voices_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
)

func TestTheExampleRunsToTheEnd(t *testing.T) {
	reelmerge := exampletest.Build(t)
	invitations := exampletest.Campaign{Rows: 10, Total: "0.91667", Key: "Guest", OfRow: spokenBy}
	for name, faults := range map[string]string{
		"without trouble": "",
		"with trouble":    "429=20%",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invitations.RunToTheEnd(t, reelmerge, faults)
		})
	}
}

// spokenBy is the part of the request that says who speaks to the guest of a row, and how.
func spokenBy(_ exampletest.T, row map[string]string) string {
	return fmt.Sprintf(`"actor":%q,"speakerId":%q,"text":"%s, %s."`, row["Presenter"], row["Voice"], row["Greeting"], row["Name"])
}

// TestEachLanguageIsWorthALook: with --by, the storyboard has a row of each language, and a
// voice that does not exist is a problem at its cell.
func TestEachLanguageIsWorthALook(t *testing.T) {
	reelmerge := exampletest.Build(t)
	folder := t.TempDir()
	var shown struct {
		Rows []struct {
			Key    string
			Scenes []struct {
				Likely *float64
				Script string
			}
		}
	}
	reelmerge.JSON(t, &shown, "preview", "campaign.yaml", "--by", "Language", "--set", "output.dir="+folder)
	if len(shown.Rows) != 10 {
		t.Errorf("%d rows are shown", len(shown.Rows))
	}
	for _, row := range shown.Rows {
		if len(row.Scenes) != 2 || row.Scenes[1].Likely == nil || *row.Scenes[1].Likely < 2 || row.Scenes[1].Script == "" {
			t.Errorf("%s: %+v", row.Key, row.Scenes)
		}
	}
	out, code := reelmerge.Do(t, "check", "campaign.yaml", "--set", "variables.voice=Language")
	if code == 0 || !strings.Contains(string(out), "in 10 rows: C2, C3, C4") {
		t.Errorf("a language is taken for a voice, code %d:\n%s", code, out)
	}
}

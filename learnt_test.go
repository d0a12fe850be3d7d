package reelmerge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// paying is a campaign of a paid account, and what it notes.
func paying(state, token string) (c *Campaign, notes *[]string) {
	c, notes = pricedCampaign(0), new([]string)
	c.file.Provider.BaseURL = "https://api.example.com"
	c.file.Provider.Token = campaign.NewSecret("${COLOSSYAN_TOKEN}")
	c.options.Getenv = func(name string) string {
		return map[string]string{"REELMERGE_STATE": state, "COLOSSYAN_TOKEN": token}[name]
	}
	c.options.Note = func(text string) { *notes = append(*notes, text) }
	return c, notes
}

// taught has learnt from twenty videos of a voice.
func taught() *learn.Lessons {
	lessons := learn.New(nil)
	for i := range 20 {
		spoken := time.Duration(8+i%5) * time.Second
		lessons.Add(ledger.Entry{
			State: ledger.Succeeded, SettledAt: time.Unix(int64(i), 0), Result: job.Result{Duration: spoken * 5 / 4},
			Content: ledger.Content{Made: job.Breakdown{Script: "s", Voices: []job.Say{{Voice: "sonia", Tracks: 1, Spoken: spoken}}}},
		})
	}
	return lessons
}

// TestWhatVoicesTaughtIsKeptForTheAccount, shown by config, unknown to other accounts and to
// the simulator, and gone after a purge.
func TestWhatVoicesTaughtIsKeptForTheAccount(t *testing.T) {
	state := t.TempDir()
	c, notes := paying(state, "one")
	if got := c.voices(); got != nil {
		t.Errorf("at first %v is known", got)
	}
	c.keepVoices(taught())
	if got := c.voices()["sonia"]; got.Videos != 20 || got.Stretch < 1.1 || got.Stretch > 1.4 {
		t.Errorf("kept: %+v", got)
	}
	if s, known := c.learntSetting(); !known || s.Value != "1 voice, by 20 videos" || !strings.HasPrefix(s.From, state) {
		t.Errorf("config shows %+v, %t", s, known)
	}
	other, _ := paying(state, "two")
	if got := other.voices(); got != nil {
		t.Errorf("another account knows %v", got)
	}
	test, _ := paying(state, "one")
	test.file.Provider.Sandbox.On = true
	if test.keepVoices(taught()); test.voices() != nil {
		t.Errorf("the simulator knows %v", test.voices())
	}
	gone, err := c.forgetVoices()
	if err != nil || filepath.Base(gone) != learntFile || c.voices() != nil {
		t.Errorf("purged %q, %v; still known: %v", gone, err, c.voices())
	}
	if len(*notes) > 0 {
		t.Errorf("notes: %q", *notes)
	}
}

// TestAStateFolderThatCannotBeUsedIsANote, and ends nothing.
func TestAStateFolderThatCannotBeUsedIsANote(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, notes := paying(file, "one")
	if got := c.voices(); got != nil {
		t.Error(got)
	}
	c.keepVoices(taught())
	relative, told := paying("state", "one")
	if relative.voices(); len(*told) != 1 || !strings.Contains((*told)[0], "REELMERGE_STATE must be an absolute path") {
		t.Errorf("notes: %q", *told)
	}
	if len(*notes) != 2 || !strings.Contains((*notes)[0], "is not used") || !strings.Contains((*notes)[1], "is not kept") {
		t.Errorf("notes: %q", *notes)
	}
}

package campaign_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
)

// TestDatesAreWrittenAsSpreadsheetProgramsDo: people know the letters of their program.
func TestDatesAreWrittenAsSpreadsheetProgramsDo(t *testing.T) {
	for written, want := range map[string]string{
		"D MMMM YYYY": "2 January 2006", "dd.mm.yyyy": "02.01.2006", "YYYY-MM-DD": "2006-01-02", "DDDD, MMM D YY": "Monday, Jan 2 06",
		"2 January 2006": "2 January 2006", "02.01.2006": "02.01.2006",
	} {
		c, problems := campaign.Parse("c.yaml", []byte("rows: {file: r.csv, dates: \""+written+"\"}\ntemplate: t.json\n"), nil)
		if c == nil || c.Rows.Dates != want {
			t.Errorf("%q: %+v, want %q; %v", written, c, want, problems)
		}
	}
	if c, _ := campaign.Parse("c.yaml", []byte("rows: {file: r.csv, dates: soon}\ntemplate: t.json\n"), nil); c != nil {
		t.Error("a word is taken for a date")
	}
}

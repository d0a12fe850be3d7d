package campaign_test

import (
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
)

func TestWindowsReadAndWriteTheSame(t *testing.T) {
	for _, s := range []string{"30/m", "1000/d", "5/s", "600/h", "1/10s"} {
		w, err := campaign.ParseWindow(s)
		if err != nil || w.String() != s {
			t.Errorf("%s became %s, %v", s, w, err)
		}
	}
	for _, s := range []string{"", "30", "0/m", "-1/s", "1.5/s", "30/", "/m", "30/week", "30/0s", "30/-1m", "99999999999999999999/s"} {
		if w, err := campaign.ParseWindow(s); err == nil {
			t.Errorf("%q was read as %s", s, w)
		}
	}
}

func TestStopAtIsTheNextTimeTheClockShowsIt(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine: ", err)
	}
	six, gap := campaign.ClockTime{Hour: 6}, campaign.ClockTime{Hour: 2, Minute: 30}
	tests := []struct {
		name  string
		clock campaign.ClockTime
		now   time.Time
		want  time.Time
	}{
		{"later today", six, time.Date(2026, 5, 1, 5, 59, 59, 0, berlin), time.Date(2026, 5, 1, 6, 0, 0, 0, berlin)},
		{"right now is tomorrow", six, time.Date(2026, 5, 1, 6, 0, 0, 0, berlin), time.Date(2026, 5, 2, 6, 0, 0, 0, berlin)},
		{"over the end of a year", six, time.Date(2026, 12, 31, 22, 0, 0, 0, berlin), time.Date(2027, 1, 1, 6, 0, 0, 0, berlin)},
		{"over the short night", six, time.Date(2026, 3, 28, 22, 0, 0, 0, berlin), time.Date(2026, 3, 29, 4, 0, 0, 0, time.UTC)},
		{"inside the hour that is left out", gap, time.Date(2026, 3, 29, 1, 0, 0, 0, berlin), time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		if got := tt.clock.Next(tt.now); !got.Equal(tt.want) {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

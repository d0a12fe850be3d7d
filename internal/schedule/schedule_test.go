package schedule_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/internal/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := schedule.ParseZone(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return z
}

func times(t testing.TB, fields, in string) schedule.Times {
	t.Helper()
	s, err := schedule.Parse(fields)
	if err != nil {
		t.Fatalf("%q: %v", fields, err)
	}
	return s.In(zone(t, in))
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// next lists the times that come after a moment, as a clock of the zone shows them.
func next(s schedule.Times, after time.Time, n int) (shown []string) {
	for range n {
		after = s.Next(after)
		shown = append(shown, after.Format("Mon 02 Jan 15:04 -0700"))
	}
	return shown
}

func TestTheClockIsSet(t *testing.T) {
	for _, tt := range []struct {
		name, fields, zone, after string
		want                      []string
	}{
		{"a time that does not exist comes once, at the jump", "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
			[]string{"Sat 28 Mar 02:30 +0100", "Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:30 +0200"}},
		{"two times that do not exist are one", "0,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
			[]string{"Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:00 +0200"}},
		{"the first minute of the jump", "0 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:00 +0200"}},
		{"a time behind the jump is its own, and the one in it falls together with it", "0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:00 +0200", "Mon 30 Mar 03:00 +0200"}},
		{"a time that stands twice comes once, the first time", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"Sun 25 Oct 02:30 +0200", "Mon 26 Oct 02:30 +0100"}},
		{"asked in the hour that is there again", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z",
			[]string{"Mon 26 Oct 02:30 +0100"}},
		{"the end of the hour that stands twice", "0 3 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z",
			[]string{"Sun 25 Oct 03:00 +0100", "Mon 26 Oct 03:00 +0100"}},
		{"each hour", "0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z",
			[]string{"Sun 25 Oct 02:00 +0200", "Sun 25 Oct 03:00 +0100"}},
		{"midnight that does not exist", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z",
			[]string{"Sun 06 Sep 01:00 -0300", "Mon 07 Sep 00:00 -0300"}},
		{"midnight that stands twice", "30 23 * * *", "America/Santiago", "2026-04-04T12:00:00Z",
			[]string{"Sat 04 Apr 23:30 -0300", "Sun 05 Apr 23:30 -0400"}},
		{"half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
			[]string{"Sun 04 Oct 02:30 +1100", "Mon 05 Oct 02:15 +1100"}},
		{"half an hour back", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z",
			[]string{"Sun 05 Apr 01:45 +1100", "Mon 06 Apr 01:45 +1030"}},
		{"a day that does not exist", "0 12 * * *", "Pacific/Apia", "2011-12-29T10:00:00Z",
			[]string{"Thu 29 Dec 12:00 -1000", "Sat 31 Dec 00:00 +1400", "Sat 31 Dec 12:00 +1400"}},
		{"a zone that never sets its clock", "0 2 * * *", "UTC", "2026-03-29T00:00:00Z",
			[]string{"Sun 29 Mar 02:00 +0000", "Mon 30 Mar 02:00 +0000"}},
		{"Mondays", "0 2 * * mon", "Europe/Berlin", "2026-12-01T00:00:00Z",
			[]string{"Mon 07 Dec 02:00 +0100", "Mon 14 Dec 02:00 +0100"}},
		{"a moment that is one of the times is not after itself", "0 2 * * *", "Europe/Berlin", "2026-12-01T01:00:00Z",
			[]string{"Wed 02 Dec 02:00 +0100"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := next(times(t, tt.fields, tt.zone), moment(t, tt.after), len(tt.want))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEachNightOfTheYearHasOneRun counts, in every zone with clocks that are set.
func TestEachNightOfTheYearHasOneRun(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"} {
		for _, fields := range []string{"0 2 * * *", "30 2 * * *", "30 1 * * *", "0 0 * * *", "59 23 * * *", "0 3 * * *"} {
			s := times(t, fields, name)
			nights := map[string]int{}
			for at := time.Date(2025, 12, 31, 23, 59, 59, 0, zone(t, name)); ; {
				at = s.Next(at)
				if at.Year() > 2026 {
					break
				}
				nights[at.Format(time.DateOnly)]++
			}
			for night, n := range nights {
				if n != 1 {
					t.Errorf("%s in %s: %d runs on %s", fields, name, n, night)
				}
			}
			if len(nights) != 365 {
				t.Errorf("%s in %s: runs on %d days of the year", fields, name, len(nights))
			}
		}
	}
}

// TestNextNeverGoesBack asks at random moments: what comes is later, nothing comes between,
// and the earlier asked, the earlier it comes.
func TestNextNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := schedule.Parse(rapid.SampledFrom([]string{"30 2 * * *", "*/7 * * * *", "0 2 * * 0", "15 1-3 * * *", "0 0 1 * *"}).Draw(t, "fields"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := schedule.ParseZone(rapid.SampledFrom([]string{"Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		s = s.In(z)
		// Around the days on which clocks are set in 2026.
		day := rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", "2026-09-06"}).Draw(t, "day")
		noon, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		after := noon.Add(time.Duration(rapid.IntRange(-36*3600, 36*3600).Draw(t, "seconds")) * time.Second)
		at := s.Next(after)
		if !at.After(after) {
			t.Fatalf("after %s comes %s", after, at)
		}
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(at.Sub(after))-1).Draw(t, "between")))
		if again := s.Next(between); !again.Equal(at) {
			t.Errorf("after %s comes %s, and after %s comes %s", after, at, between, again)
		}
	})
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	for fields, says := range map[string]string{
		"":                           "want minute",
		"0 2 * *":                    "found 4",
		"0 0 2 * * *":                "found 6",
		"60 2 * * *":                 "above maximum (59)",
		"0 25 * * *":                 "above maximum (23)",
		"0 2 * * 7":                  "above maximum (6)",
		"0 2 31 2 *":                 "a time that comes",
		"0 2 30 feb *":               "a time that comes",
		", 2 * * *":                  "a time that comes",
		"0 2 * * x":                  "from x",
		"*/0 2 * * *":                "positive",
		"-5 2 * * *":                 "want minute",
		"@daily":                     "want minute",
		"@every 1h":                  "want minute",
		"CRON_TZ=UTC":                "key of its own", // the parser panics here
		"TZ=Europe/Berlin 0 2 * * *": "key of its own",
		"tonight":                    "want minute",
	} {
		if _, err := schedule.Parse(fields); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v does not say %q", fields, err, says)
		}
	}
	for _, name := range []string{"", "Local", "Europe/Berlim", "CEST", "../zone", "/etc/localtime", "Europe/"} {
		if _, err := schedule.ParseZone(name); err == nil || !strings.Contains(err.Error(), "Europe/Berlin") {
			t.Errorf("zone %q: %v", name, err)
		}
	}
}

func TestTheTwentyNinthOfFebruary(t *testing.T) {
	s := times(t, "0 2 29 2 *", "UTC")
	if at := s.Next(moment(t, "2026-01-01T00:00:00Z")); !at.Equal(moment(t, "2028-02-29T02:00:00Z")) {
		t.Error(at)
	}
	long := moment(t, "2096-03-01T00:00:00Z") // 2100 is no leap year
	if at, due := s.Due(long, long); !at.IsZero() || due {
		t.Errorf("%s, due: %v", at, due)
	}
}

// TestAProgramThatStartsRuns lets a program live through a spring and an autumn, with a night
// on which it did not run and a run that lasts for days. One goroutine starts runs, so what
// is counted is what a caller of Due does.
func TestAProgramThatStartsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := times(t, "30 2 * * *", "Europe/Berlin")
		var began []string
		wait := func(until string) { time.Sleep(time.Until(moment(t, until))) }
		// live starts what is due until a moment. Runs that begin at a given time last longer.
		last := time.Time{}
		live := func(until string, lasts map[string]time.Duration) {
			for end := moment(t, until); ; {
				at, due := s.Due(last, time.Now())
				if !due {
					if at.After(end) {
						time.Sleep(time.Until(end))
						return
					}
					time.Sleep(time.Until(at))
					continue
				}
				last = time.Now()
				shown := last.In(zone(t, "Europe/Berlin")).Format("02 Jan 15:04")
				began = append(began, shown)
				time.Sleep(max(lasts[shown], time.Minute))
			}
		}
		wait("2026-03-27T12:00:00Z")
		last = time.Now() // the schedule is seen for the first time
		live("2026-03-30T12:00:00Z", nil)
		wait("2026-04-03T08:00:00Z") // the program was not there for four nights
		live("2026-04-04T12:00:00Z", nil)
		wait("2026-10-23T12:00:00Z")
		live("2026-10-31T12:00:00Z", map[string]time.Duration{"27 Oct 02:30": 52 * time.Hour})
		want := []string{
			"28 Mar 02:30", "29 Mar 03:00", "30 Mar 02:30",
			"03 Apr 10:00", "04 Apr 02:30", // four nights are made up for once
			"23 Oct 14:00", "24 Oct 02:30", "25 Oct 02:30", "26 Oct 02:30",
			"27 Oct 02:30", "29 Oct 06:30", // two came while it went on: one run, when it has ended
			"30 Oct 02:30", "31 Oct 02:30",
		}
		if diff := cmp.Diff(want, began); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// FuzzParse looks for texts that end the program, or that never come.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 2 * * *", "*/5 1-3,7 ? jan-mar mon", "TZ=", "CRON_TZ=UTC", "@every 1s", ",,,, 0 0 0 0", "0 2 29 2 *"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		s, err := schedule.Parse(fields)
		if err != nil {
			return
		}
		after := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		if at := s.Next(after); !at.After(after) {
			t.Errorf("%q: after %s comes %s", fields, after, at)
		}
	})
}

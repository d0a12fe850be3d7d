package wording

import (
	"testing"
	"time"
)

func TestDurationsForPeople(t *testing.T) {
	for d, want := range map[time.Duration]struct{ lasting, setting string }{
		0:                                     {"0 s", ""},
		1500 * time.Millisecond:               {"1.5 s", "1.5s"},
		9940 * time.Millisecond:               {"9.9 s", "9.94s"},
		42 * time.Second:                      {"42 s", "42s"},
		time.Minute:                           {"1 min", "1m"},
		252 * time.Second:                     {"4 min 12 s", "4m12s"},
		time.Hour:                             {"1 h", "1h"},
		65 * time.Minute:                      {"1 h 5 min", "1h5m"},
		3*time.Hour + 4*time.Minute + 5e9:     {"3 h 4 min", "3h4m5s"},
		47 * time.Hour:                        {"47 h", "47h"},
		51 * time.Hour:                        {"2 days 3 h", "51h"},
		48000 * time.Hour:                     {"2,000 days", "48000h"},
		59*time.Minute + 59*time.Second + 6e8: {"1 h", "59m59.6s"},
	} {
		if Lasting(d) != want.lasting || Setting(d) != want.setting {
			t.Errorf("%v: %q %q, want %+v", d, Lasting(d), Setting(d), want)
		}
	}
	if got := Lasting(-time.Second); got != "0 s" {
		t.Error(got)
	}
}

func TestMomentNamesTheDayWhereItIsNotToday(t *testing.T) {
	now := time.Date(2026, 3, 2, 22, 0, 0, 0, time.Local)
	for after, want := range map[time.Duration]string{
		time.Minute: "22:01:00", time.Hour: "23:00", 10 * time.Hour: "Tue 08:00", 240 * time.Hour: "12 Mar 22:00",
	} {
		if got := Moment(now.Add(after), now); got != want {
			t.Errorf("in %v: %q, want %q", after, got, want)
		}
	}
}

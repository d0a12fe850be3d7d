package wording

import (
	"testing"
	"time"
)

func TestDurationsForPeople(t *testing.T) {
	for d, want := range map[time.Duration]struct{ lasting, brief, clock, setting string }{
		0:                                     {"0 s", "0.0s", "0:00:00", ""},
		1500 * time.Millisecond:               {"1.5 s", "1.5s", "0:00:01", "1.5s"},
		9940 * time.Millisecond:               {"9.9 s", "9.9s", "0:00:09", "9.94s"},
		42 * time.Second:                      {"42 s", "42s", "0:00:42", "42s"},
		time.Minute:                           {"1 min", "1m 00s", "0:01:00", "1m"},
		252 * time.Second:                     {"4 min 12 s", "4m 12s", "0:04:12", "4m12s"},
		time.Hour:                             {"1 h", "1h 00m", "1:00:00", "1h"},
		65 * time.Minute:                      {"1 h 5 min", "1h 05m", "1:05:00", "1h5m"},
		3*time.Hour + 4*time.Minute + 5e9:     {"3 h 4 min", "3h 04m", "3:04:05", "3h4m5s"},
		47 * time.Hour:                        {"47 h", "1d 23h", "47:00:00", "47h"},
		51 * time.Hour:                        {"2 days 3 h", "2d 3h", "51:00:00", "51h"},
		48000 * time.Hour:                     {"2,000 days", "2000d 0h", "48000:00:00", "48000h"},
		59*time.Minute + 59*time.Second + 6e8: {"1 h", "59m 59s", "0:59:59", "59m59.6s"},
	} {
		if Lasting(d) != want.lasting || Brief(d) != want.brief || Clock(d) != want.clock || Setting(d) != want.setting {
			t.Errorf("%v: %q %q %q %q, want %+v", d, Lasting(d), Brief(d), Clock(d), Setting(d), want)
		}
	}
	if Brief(-time.Second) != "0.0s" || Clock(-time.Second) != "0:00:00" {
		t.Error(Brief(-time.Second), Clock(-time.Second))
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

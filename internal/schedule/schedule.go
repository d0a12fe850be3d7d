// Package schedule says when the runs of a campaign are due: "0 2 * * *" in Europe/Berlin.
// It is pure: times in, times out. Who starts a run, and where the last one is written down,
// is its caller's matter.
//
// A schedule is read by the clock on the wall of its zone, on the two days of the year on
// which that clock is set as well:
//
//   - a time that does not exist comes once, at the moment the clock jumps over it;
//   - a time that stands twice comes once, when it is there for the first time.
//
// So a run at 2:30 each night is one run each night of the year.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Times are the times of a schedule. Make them with [Parse].
type Times struct {
	cron cron.Schedule // of times in UTC, which stand for what a clock on the wall shows
	zone *time.Location
}

// Parse reads the five fields of a crontab. The times are those of UTC; see [Times.In]. Its
// error says what is accepted.
func Parse(fields string) (Times, error) {
	const want = "want minute, hour, day of the month, month and day of the week, such as \"0 2 * * *\" for two o'clock each night"
	if strings.Contains(fields, "=") { // the parser would read it as a zone, and panic where a field is missing
		return Times{}, errors.New(want + "; the zone has a key of its own")
	}
	read, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(fields)
	if err != nil {
		return Times{}, fmt.Errorf("%s: %w", want, err)
	}
	if leapYear := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); read.Next(leapYear).IsZero() {
		return Times{}, errors.New("want a time that comes: no day of any year is like this one")
	}
	return Times{cron: read, zone: time.UTC}, nil
}

// In returns the same times by the clocks of another zone.
func (t Times) In(zone *time.Location) Times {
	t.zone = zone
	return t
}

// ParseZone reads the name of a zone. "Local" is refused: two machines may mean different
// zones by it.
func ParseZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, errors.New("want the name of a time zone, such as Europe/Berlin, America/New_York or UTC")
	}
	return zone, nil
}

// Next returns the first time that comes after a moment, in the schedule's zone. It is zero
// where none comes within five years: the 29th of February around the year 2100.
func (t Times) Next(after time.Time) time.Time {
	wall := t.cron.Next(onTheWall(after.In(t.zone)))
	for !wall.IsZero() {
		at := t.first(wall)
		if at.After(after) {
			return at
		}
		wall = t.cron.Next(wall) // the clock was set back and shows what it has shown before
	}
	return time.Time{}
}

// Due returns the moment from which a run is due, given when the last one began, or when
// the schedule was first seen. It is the first time that came since then. However many came
// since, in the hours in which no program ran or while the last run went on, one run makes
// up for them: the next one is counted from its own beginning. So a caller that starts
// nothing while a run goes on never has two.
func (t Times) Due(began, now time.Time) (at time.Time, due bool) {
	at = t.Next(began)
	return at, !at.IsZero() && !at.After(now)
}

// onTheWall returns what a clock shows, as a time of UTC, where each time exists once.
func onTheWall(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// first returns the first moment at which the clock of the zone shows a time, or the moment
// at which it jumps over it.
func (t Times) first(wall time.Time) time.Time {
	// [time.Date] decides for one of the two readings, and does not say for which.
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, t.zone)
	began, ends := at.ZoneBounds()
	switch shown := onTheWall(at); {
	case shown.After(wall): // it lies behind the jump
		return began
	case shown.Before(wall): // it lies in front of the jump
		return ends
	case began.IsZero():
		return at // the zone never had another offset before
	}
	_, before := began.Add(-1).Zone()
	earlier := wall.Add(-time.Duration(before) * time.Second).In(t.zone)
	if earlier.Before(at) && onTheWall(earlier).Equal(wall) {
		return earlier
	}
	return at
}

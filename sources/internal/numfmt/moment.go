package numfmt

import (
	"math"
	"time"
)

// moment is a date or a time, as a section shows it.
type moment struct {
	at       time.Time // rounded to the shown unit
	weekday  int       // as Excel counts: its days before 1 March 1900 are one earlier in the week
	units    int64     // all parts of a second that have passed, in 1/10^places of one
	negative bool      // and that many before
}

const (
	lastDay  = 2958466 // 1 January 10000, the first that programs do not have
	days1904 = 1462    // between the two date systems
)

// momentOf returns the moment that a number stands for in a section of dates.
func momentOf(v float64, date1904 bool, p *section) (moment, error) {
	if v < 0 && date1904 && p.elapsed && !p.day { // the date system of 1904 has negative times
		m, err := momentOf(-v, date1904, p)
		m.negative = true
		return m, err
	}
	// A hidden time must not round up to the next day.
	if !p.clock {
		v = math.Floor(v)
	}
	if !inRange(v, date1904) {
		return moment{}, ErrNoDate
	}
	per := math.Pow10(p.places)
	day := math.Floor(v)
	parts := math.Round((v - day) * 86400 * per)
	m := moment{units: int64(math.Round(v * 86400 * per))}
	// Excel has a day 0 and a 29 February 1900. Neither day existed, so no date can be
	// written for it.
	if p.day && !date1904 && (day == 0 || day == 60) {
		return m, ErrNoDate
	}
	// Rounding to the shown unit comes last: 23:59:59.9 may become the next day.
	m.at = firstDay(day, date1904).AddDate(0, 0, int(day)).Add(time.Duration(parts / per * float64(time.Second)).Round(p.unit()))
	m.weekday = int(m.at.Weekday())
	// Because of its 29 February 1900, Excel's weekdays are wrong before that day. The cell
	// shows the wrong one.
	if !date1904 && day < 60 {
		m.weekday = (m.weekday + 6) % 7
	}
	return m, nil
}

// inRange reports whether a date system has a number. It is false for NaN, too.
func inRange(v float64, date1904 bool) bool {
	last := float64(lastDay)
	if date1904 {
		last -= days1904
	}
	return v >= 0 && v < last
}

// firstDay returns the day from which a number counts. Excel believes in a 29 February
// 1900, so the days before it count from another start.
func firstDay(day float64, date1904 bool) time.Time {
	switch {
	case date1904:
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60:
		return time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
}

// momentAt returns the moment of a date that a cell stores as such.
func momentAt(at time.Time, p *section) moment {
	if !p.clock {
		at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	}
	at = at.Round(p.unit())
	// Elapsed hours need the number of days since the start of the date system.
	days := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)).Hours() / 24
	days += at.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Truncate(24*time.Hour).Hours() / 24
	return moment{at: at, weekday: int(at.Weekday()), units: int64(math.Round(days * 86400 * math.Pow10(p.places)))}
}

// unit returns the smallest part of time that the section shows.
func (p *section) unit() time.Duration {
	return time.Second / time.Duration(math.Pow10(p.places))
}

// iso writes a date as ISO 8601, with its time if the section shows one.
func iso(at time.Time, p *section) string {
	switch {
	case !p.day:
		return at.Format("15:04:05")
	case p.clock:
		return at.Format("2006-01-02T15:04:05")
	}
	return at.Format(time.DateOnly)
}

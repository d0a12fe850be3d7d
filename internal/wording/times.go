package wording

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Lasting writes a duration as people say it: 65 h 20 min, 3 min 15 s. It is the only
// way in which people read one.
func Lasting(d time.Duration) string {
	d = max(0, d)
	seconds := d.Seconds()
	d = d.Round(time.Second)
	hours, minutes, rest := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case hours >= 48:
		return units(hours/24, "days", hours%24, "h")
	case hours > 0:
		return units(hours, "h", minutes, "min")
	case minutes > 0:
		return units(minutes, "min", rest, "s")
	case seconds < 9.95:
		return strconv.FormatFloat(math.Round(10*seconds)/10, 'f', -1, 64) + " s"
	}
	return units(rest, "s", 0, "")
}

// units writes a number of a unit, and of a smaller one where there are any.
func units(n int, unit string, rest int, smaller string) string {
	text := Count(n) + " " + unit
	if rest > 0 {
		text += " " + Count(rest) + " " + smaller
	}
	return text
}

// Setting writes a duration as a person writes it into a file: 1h30m. It is ""
// for none.
func Setting(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Moment writes a time of day, with the day where it is not today.
func Moment(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case t.Sub(now).Abs() < 10*time.Minute:
		return t.Format(time.TimeOnly)
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case t.Sub(now).Abs() < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	}
	return t.Format("2 Jan 15:04")
}

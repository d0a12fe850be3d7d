package campaign

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Window is a limit of the form "at most Count in any span of Per". The zero
// value is no limit.
type Window struct {
	Count int
	Per   time.Duration
}

// ParseWindow reads "5/s", "30/m", "600/h" or "1000/d"; a span may be a
// duration as well, "30/10s".
func ParseWindow(s string) (Window, error) {
	count, span, found := strings.Cut(strings.ReplaceAll(s, " ", ""), "/")
	n, err := strconv.Atoi(count)
	if !found || err != nil || n < 1 {
		return Window{}, errWindow
	}
	if per, ok := spans()[span]; ok {
		return Window{n, per}, nil
	}
	per, err := time.ParseDuration(span)
	if err != nil || per < time.Millisecond || per > 366*24*time.Hour {
		return Window{}, errWindow
	}
	return Window{n, per}, nil
}

var errWindow = errors.New("want a number of calls in a span of time, such as 30/m, 5/s or 1000/d")

func spans() map[string]time.Duration {
	return map[string]time.Duration{
		"s": time.Second, "sec": time.Second, "second": time.Second,
		"m": time.Minute, "min": time.Minute, "minute": time.Minute,
		"h": time.Hour, "hour": time.Hour,
		"d": 24 * time.Hour, "day": 24 * time.Hour,
	}
}

// String writes the window as ParseWindow reads it; nothing for the zero value.
func (w Window) String() string {
	if w == (Window{}) {
		return ""
	}
	// The one-letter units are distinct, so the order of the map does not matter.
	for unit, per := range spans() {
		if per == w.Per && len(unit) == 1 {
			return fmt.Sprintf("%d/%s", w.Count, unit)
		}
	}
	return fmt.Sprintf("%d/%s", w.Count, w.Per)
}

// ClockTime is a time of day, without a day or a zone.
type ClockTime struct{ Hour, Minute int }

// ParseClockTime reads "06:00" or "6:00", 24 hours.
func ParseClockTime(s string) (ClockTime, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return ClockTime{}, errors.New("want a time of day such as \"06:00\"")
	}
	return ClockTime{t.Hour(), t.Minute()}, nil
}

// String writes the time as "06:00".
func (t ClockTime) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// Next returns the first moment after now at which a clock in now's zone shows t. On a day
// whose clock jumps over t it returns the moment that [time.Date] gives for it.
func (t ClockTime) Next(now time.Time) time.Time {
	y, m, d := now.Date()
	next := time.Date(y, m, d, t.Hour, t.Minute, 0, 0, now.Location())
	if !next.After(now) {
		next = time.Date(y, m, d+1, t.Hour, t.Minute, 0, 0, now.Location())
	}
	return next
}

package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// How long a service may ask us to wait.
const (
	longestWait  = time.Hour      // of a short limit, or of a service in trouble
	longestReset = 24 * time.Hour // of a daily limit
)

// comeAgain reads when to call again after a refusal: Retry-After, else the end
// of an exhausted rate window. More than an hour after a 429 is a daily limit;
// anything else is at most an hour.
func comeAgain(a Answer, now time.Time) (after time.Duration, daily bool) {
	after, told := retryAfter(a.Header.Get("Retry-After"), now)
	if !told && a.Rate.Exhausted() {
		after = a.Rate.Reset
	}
	if a.Status == http.StatusTooManyRequests && after > longestWait {
		return min(after, longestReset), true
	}
	return min(after, longestWait), false
}

// retryAfter reads seconds or a date, which is measured by the service's own
// clock. Garbage is the same as nothing, and the past is now.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if n, ok := number(text); ok {
		return seconds(n), true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// number reads an integer, or the whole part of a decimal number; one that does
// not fit is as large as can be.
func number(text string) (int64, bool) {
	if whole, fraction, ok := strings.Cut(text, "."); ok && fraction != "" && strings.Trim(fraction, "0123456789") == "" {
		text = whole
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && (text == "" || strings.Trim(text, "0123456789") != "") {
		return 0, false
	}
	return n, true
}

// seconds turns a count into a duration between zero and a year.
func seconds(n int64) time.Duration {
	const year = 366 * 24 * 60 * 60
	return time.Duration(min(max(n, 0), year)) * time.Second
}

// rateHint reads the RateLimit headers: the three of the earlier drafts, with
// and without "X-", and the one structured field of the later drafts.
func rateHint(h http.Header, now time.Time) providers.RateHint {
	if hint := structured(strings.Join(h.Values("RateLimit"), ","), now); hint.Known {
		return hint
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"} {
		if hint := newHint(h.Get(prefix+"Remaining"), h.Get(prefix+"Reset"), now); hint.Known {
			return hint
		}
	}
	return providers.RateHint{}
}

// structured reads `limit=100, remaining=50, reset=5` and
// `"burst";r=50;t=5, "daily";r=9;t=3600`. Of several windows the tightest counts.
func structured(field string, now time.Time) providers.RateHint {
	var tightest providers.RateHint
	var remaining, reset string
	for item := range strings.SplitSeq(field, ",") {
		window := parameters(item)
		tightest = tighter(tightest, newHint(window["r"], window["t"], now))
		if v, ok := window["remaining"]; ok {
			remaining = v
		}
		if v, ok := window["reset"]; ok {
			reset = v
		}
	}
	return tighter(tightest, newHint(remaining, reset, now))
}

func parameters(item string) map[string]string {
	found := map[string]string{}
	for part := range strings.SplitSeq(item, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			found[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return found
}

func tighter(a, b providers.RateHint) providers.RateHint {
	switch {
	case !a.Known:
		return b
	case !b.Known || a.Remaining < b.Remaining || a.Remaining == b.Remaining && a.Reset >= b.Reset:
		return a
	}
	return b
}

func newHint(remaining, reset string, now time.Time) providers.RateHint {
	n, ok := number(strings.TrimSpace(remaining))
	if !ok {
		return providers.RateHint{}
	}
	return providers.RateHint{
		Known:     true,
		Remaining: int(min(max(n, 0), 1<<30)),
		Reset:     untilReset(strings.TrimSpace(reset), now),
	}
}

// untilReset reads a time to wait. The drafts say seconds; some services send
// the moment instead, in seconds or milliseconds since 1970, which shows in its
// size (VID-L5).
func untilReset(text string, now time.Time) time.Duration {
	const (
		epochSeconds = 1_000_000_000
		epochMillis  = 1_000_000_000_000
	)
	n, ok := number(text)
	wait := seconds(n)
	switch {
	case !ok:
		return 0
	case n >= epochMillis:
		wait = time.UnixMilli(n).Sub(now)
	case n >= epochSeconds:
		wait = time.Unix(n, 0).Sub(now)
	}
	return min(max(wait, 0), longestReset)
}

// Hint reads RateLimit headers by the clock of the service; a zero clock is ours.
func Hint(h http.Header, now time.Time) providers.RateHint {
	if now.IsZero() {
		now = time.Now()
	}
	return rateHint(h, now)
}

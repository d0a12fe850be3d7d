package rest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// noon is the service's clock, which is years away from ours.
var noon = time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)

// refuse answers with a status and headers, at noon.
func refuse(t *testing.T, status int, header http.Header) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		answer(t, w, `{"error":{"message":"slow down"}}`)
	}
}

func TestRetryAfterIsObeyedWithinReason(t *testing.T) {
	for _, test := range []struct {
		status int
		text   string
		after  time.Duration
		daily  bool
	}{
		{429, "", 0, false},
		{429, "0", 0, false},
		{429, "7", 7 * time.Second, false},
		{429, " 7 ", 7 * time.Second, false},
		{429, "1.5", time.Second, false},
		{429, "-30", 0, false},
		{429, "soon", 0, false},
		{429, "7s", 0, false},
		{429, "3600", time.Hour, false},
		{429, "36000", 10 * time.Hour, true},
		{429, "31536000", 24 * time.Hour, true},
		{429, "99999999999999999999999", 24 * time.Hour, true},
		{429, noon.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second, false},
		{429, noon.Add(-time.Hour).Format(http.TimeFormat), 0, false},
		{429, noon.Add(5 * time.Hour).Format(http.TimeFormat), 5 * time.Hour, true},
		{503, "12", 12 * time.Second, false},
		{503, "36000", time.Hour, false},
		{400, "12", 0, false},
	} {
		e := failed(t, connect(t, refuse(t, test.status, http.Header{"Retry-After": {test.text}})), submit())
		if e.After != test.after || e.Daily != test.daily {
			t.Errorf("%d with Retry-After %q: %v, daily %v; want %v, %v", test.status, test.text, e.After, e.Daily, test.after, test.daily)
		}
		if e.Message != "slow down" {
			t.Errorf("message = %q", e.Message)
		}
	}
}

func TestRateLimitHeadersOfEveryDraftAreRead(t *testing.T) {
	hint := func(remaining int, reset time.Duration) providers.RateHint {
		return providers.RateHint{Known: true, Remaining: remaining, Reset: reset}
	}
	epoch := noon.Add(40 * time.Second)
	for name, test := range map[string]struct {
		header http.Header
		want   providers.RateHint
	}{
		"none":          {nil, providers.RateHint{}},
		"three":         {http.Header{"Ratelimit-Limit": {"100"}, "Ratelimit-Remaining": {"12"}, "Ratelimit-Reset": {"30"}}, hint(12, 30*time.Second)},
		"vendor":        {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"5"}}, hint(0, 5*time.Second)},
		"vendor, apart": {http.Header{"X-Rate-Limit-Remaining": {"3"}}, hint(3, 0)},
		"epoch":         {http.Header{"Ratelimit-Remaining": {"1"}, "Ratelimit-Reset": {strconv.FormatInt(epoch.Unix(), 10)}}, hint(1, 40*time.Second)},
		"epoch ms":      {http.Header{"Ratelimit-Remaining": {"1"}, "Ratelimit-Reset": {strconv.FormatInt(epoch.UnixMilli(), 10)}}, hint(1, 40*time.Second)},
		"past epoch":    {http.Header{"Ratelimit-Remaining": {"1"}, "Ratelimit-Reset": {"1700000000"}}, hint(1, 0)},
		"dictionary":    {http.Header{"Ratelimit": {"limit=100, remaining=50, reset=5"}}, hint(50, 5*time.Second)},
		"structured":    {http.Header{"Ratelimit": {`"default";r=50;t=30`}, "Ratelimit-Policy": {`"default";q=100;w=60`}}, hint(50, 30*time.Second)},
		"tightest":      {http.Header{"Ratelimit": {`"burst";r=9;t=1, "daily";r=0;t=7200`}}, hint(0, 2*time.Hour)},
		"two fields":    {http.Header{"Ratelimit": {`"daily";r=0;t=7200`, `"burst";r=9;t=1`}}, hint(0, 2*time.Hour)},
		"negative":      {http.Header{"Ratelimit-Remaining": {"-4"}, "Ratelimit-Reset": {"-4"}}, hint(0, 0)},
		"garbage":       {http.Header{"Ratelimit-Remaining": {"many"}, "Ratelimit-Reset": {"later"}}, providers.RateHint{}},
		"garbage field": {http.Header{"Ratelimit": {`;;=,r=,"x;t=3`}}, providers.RateHint{}},
		"endless":       {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"900000"}}, hint(0, 24*time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			e := failed(t, connect(t, refuse(t, http.StatusBadRequest, test.header)), submit())
			if e.Rate != test.want {
				t.Errorf("hint of a refusal = %+v, want %+v", e.Rate, test.want)
			}
			got, err := connect(t, refuse(t, http.StatusOK, test.header)).Do(t.Context(), poll())
			if err != nil || got.Rate != test.want {
				t.Errorf("hint of an answer = %+v, %v; want %+v", got.Rate, err, test.want)
			}
		})
	}
}

func TestAnExhaustedWindowSaysWhenToComeAgain(t *testing.T) {
	header := http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"40"}}
	if e := failed(t, connect(t, refuse(t, 429, header)), submit()); e.After != 40*time.Second {
		t.Errorf("after = %v, want 40s", e.After)
	}
	header.Set("Retry-After", "2")
	if e := failed(t, connect(t, refuse(t, 429, header)), submit()); e.After != 2*time.Second {
		t.Errorf("after = %v, want the 2s of Retry-After", e.After)
	}
}

func FuzzHeadersNeverAskForMoreThanADay(f *testing.F) {
	f.Add("7", "limit=1, remaining=0, reset=5", "3", "1700000000")
	f.Add("Fri, 20 Nov 2026 21:03:00 GMT", `"a";r=1;t=9223372036854775807`, "-1", "99999999999999999999")
	f.Fuzz(func(t *testing.T, after, field, remaining, reset string) {
		answerWith := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 429, Body: http.NoBody, Header: http.Header{
				"Retry-After": {after}, "Ratelimit": {field}, "Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset},
			}}, nil
		})
		c := clientOf(t, providers.Config{BaseURL: "https://api.example.com", Transport: answerWith}, rest.Options{})
		e := failed(t, c, submit())
		if e.After < 0 || e.After > 24*time.Hour || e.Daily != (e.After > time.Hour) || e.Rate.Remaining < 0 || e.Rate.Reset < 0 || e.Rate.Reset > 24*time.Hour {
			t.Errorf("%+v", e)
		}
	})
}

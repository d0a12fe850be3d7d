package rest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// TestOddMembersDoNotHideTheRest holds the lenient types to their word: what a
// service writes in another way than it documents is read, or is nothing.
func TestOddMembersDoNotHideTheRest(t *testing.T) {
	tests := map[string]struct {
		word     rest.Word
		quantity rest.Quantity
	}{
		`"a1"`:   {"a1", -1},
		`"12.5"`: {"12.5", 12.5},
		`12.5`:   {"12.5", 12.5},
		`-3`:     {"-3", -1},
		`1e999`:  {"1e999", -1},
		`null`:   {"", -1},
		`true`:   {"", -1},
		`[1]`:    {"", -1},
		`{}`:     {"", -1},
		`""`:     {"", -1},
	}
	for raw, want := range tests {
		got := struct {
			W rest.Word
			Q rest.Quantity
		}{"before", 7}
		if err := json.Unmarshal([]byte(`{"W":`+raw+`,"Q":`+raw+`}`), &got); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if got.W != want.word || got.Q != want.quantity {
			t.Errorf("%s: %q and %v, want %q and %v", raw, got.W, got.Q, want.word, want.quantity)
		}
	}
}

func TestALengthIsPlausibleOrNone(t *testing.T) {
	for seconds, want := range map[rest.Quantity]time.Duration{
		-1: 0, 0: 0, 8: 8 * time.Second, 1.2345: 1235 * time.Millisecond, 86_400: 24 * time.Hour, 86_401: 0,
	} {
		if got := seconds.Seconds(); got != want {
			t.Errorf("%v: %v, want %v", seconds, got, want)
		}
	}
}

func TestAMomentIsReadOrZero(t *testing.T) {
	want := time.Date(2026, 11, 21, 5, 0, 0, 250_000_000, time.UTC)
	if got := rest.Word("2026-11-21T06:00:00.25+01:00").Time(); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, odd := range []rest.Word{"", "yesterday", "1763701200"} {
		if got := odd.Time(); !got.IsZero() {
			t.Errorf("%q: %v", odd, got)
		}
	}
}

func TestWhatCannotNameAJobIsNoID(t *testing.T) {
	for id, want := range map[string]bool{
		"3f6c": true, "job 7/ä": true, strings.Repeat("x", 512): true,
		"": false, ".": false, "..": false, "a\nb": false, "a\u202eb": false, strings.Repeat("x", 513): false,
	} {
		if got := rest.Usable(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}

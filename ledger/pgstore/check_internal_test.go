package pgstore

import (
	"strings"
	"testing"
	"time"
)

// TestAClockThatIsOffIsAFault, unless the answer took so long that it may be right.
func TestAClockThatIsOffIsAFault(t *testing.T) {
	for _, c := range []struct {
		offset, trip time.Duration
		faults       int
	}{
		{10 * time.Minute, time.Millisecond, 1}, {-10 * time.Minute, time.Millisecond, 1}, {3 * time.Second, time.Millisecond, 1},
		{time.Second, time.Millisecond, 0}, {3 * time.Second, 2 * time.Second, 0}, {0, 0, 0},
	} {
		r := Report{Schema: 1, Wanted: 1, Offset: c.offset, RoundTrip: c.trip}
		r.judge()
		if len(r.Faults) != c.faults || c.faults > 0 && !strings.Contains(r.Faults[0].Cure, "NTP") {
			t.Errorf("offset %s, round trip %s: %v", c.offset, c.trip, r.Faults)
		}
	}
}

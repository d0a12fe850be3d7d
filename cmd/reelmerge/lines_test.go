package main

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/wording"
)

func TestProseBreaksBetweenWordsAndCommandsStayWhole(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"cost: about 25 minutes; price: seen on videos", 0, "cost: about 25 minutes; price: seen on videos"},
		{"cost: about 25 minutes; price: seen on videos", 30, "cost: about 25 minutes;|  price: seen on videos"},
		{"  first raise the budget of the campaign", 24, "  first raise the|    budget of the|    campaign"},
		{"next: reelmerge check campaign.yaml", 20, "next: reelmerge check campaign.yaml"},
	} {
		if got := strings.Join(wording.Prose(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

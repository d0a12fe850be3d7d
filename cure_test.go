package reelmerge

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/engine"
)

// TestEachHoldHasItsCure names what a person has to change, so that the next run does
// not end in the same way.
func TestEachHoldHasItsCure(t *testing.T) {
	c := pricedCampaign(0)
	c.service.TokenHint = "Workspace settings, API"
	r := &running{campaign: c}
	for hold, want := range map[engine.Hold][]string{
		engine.HoldCredentials: {"COLOSSYAN_TOKEN", "Workspace settings, API"},
		engine.HoldFunds:       {"top up", "Colossyan"},
		engine.HoldOutage:      {"Colossyan", "--max-wait"},
		engine.HoldPrices:      {"prices:", "--accept-prices"},
		engine.HoldStopTime:    {"stop_at"},
		engine.HoldLimit:       {"--max-wait"},
		engine.HoldAlike:       {"mend the reason"},
		engine.HoldDoubt:       {"the row that is named"},
		"":                     {""},
	} {
		out := &Outcome{Outcome: engine.Outcome{HeldFor: hold}}
		got, err := r.cure(t.Context(), out)
		for _, text := range want {
			if err != nil || !strings.Contains(got, text) || (got == "") != (hold == "") {
				t.Errorf("%q: %q does not say %q, %v", hold, got, text, err)
			}
		}
	}
}

// TestACommandThatGoesOnHasAnotherBudget where the command line had the one that was
// reached, and is the campaign's own elsewhere.
func TestACommandThatGoesOnHasAnotherBudget(t *testing.T) {
	c := copied("c.yaml", "limits.active=1", "budget.limit=1")
	if got, want := c.withSetting("budget.limit", "13.61"), "reelmerge run c.yaml --set limits.active=1 --set budget.limit=13.61"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if c.options.Set[1] != "budget.limit=1" {
		t.Error("the campaign itself was changed")
	}
	if got := copied("c.yaml", "limits.active=1").withSetting("budget.limit", "13.61"); got != "" {
		t.Error(got)
	}
}

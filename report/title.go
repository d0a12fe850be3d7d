package report

import (
	"path/filepath"
	"strings"
)

// Title is what a page calls the plan: the campaign, or its sheet where the campaign has
// the usual name of every campaign file.
func (p PlanPage) Title() string { return titleOf(p.Campaign, p.Source) }

// Title is what a page calls the campaign, as that of [PlanPage.Title].
func (r RunPage) Title() string { return titleOf(r.Campaign, r.Source) }

func titleOf(campaign, sheet string) string {
	base := filepath.Base(sheet)
	if campaign != "campaign" || sheet == "" || sheet == "-" {
		return campaign
	}
	return strings.TrimSuffix(base, filepath.Ext(base))
}

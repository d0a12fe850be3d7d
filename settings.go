package reelmerge

import (
	"fmt"
	"strconv"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// Settings are the campaign's settings. Where the campaign is silent they are those of
// template and service, and the service's own where it is stricter.
func (c *Campaign) Settings() []campaign.Setting {
	decided := c.decidedElsewhere()
	settings := c.file.Settings()
	for i := range settings {
		d, ok := decided[settings[i].Field]
		switch {
		case !ok || d.value == settings[i].Value:
		case settings[i].From == "default":
			settings[i].Value, settings[i].From = d.value, d.from
		case d.overrules:
			settings[i].From = fmt.Sprintf("%s, instead of %s (%s)", d.from, settings[i].Value, settings[i].From)
			settings[i].Value = d.value
		}
	}
	if learnt, known := c.learntSetting(); known {
		settings = append(settings, learnt)
	}
	return settings
}

// elsewhere is a setting that the template or the service decides.
type elsewhere struct {
	value, from string
	overrules   bool // also if the campaign sets another value
}

// decidedElsewhere lists the settings that template and service decide.
func (c *Campaign) decidedElsewhere() map[string]elsewhere {
	limits := c.limits()
	submits := ""
	for i, w := range limits.Submits {
		if i > 0 {
			submits += ", "
		}
		submits += campaign.Window(w).String()
	}
	service := c.service.Title
	decided := map[string]elsewhere{
		"provider.name":     {value: c.service.Name, from: "the template"},
		"provider.base_url": {value: c.baseURL(), from: service},
		"limits.submits":    {value: submits, from: service},
		"limits.active":     {value: strconv.Itoa(limits.Active), from: service, overrules: true},
		"limits.poll.first": {value: wording.Setting(limits.FirstPoll), from: service},
		"limits.poll.max":   {value: wording.Setting(limits.MaxPoll), from: service},
		"limits.deadline":   {value: wording.Setting(limits.Deadline), from: service},
	}
	if c.file.Rows.HeaderRow == 0 {
		decided["rows.header_row"] = c.headerFound()
	}
	if limits.Requests.Count > 0 {
		decided["limits.requests"] = elsewhere{value: campaign.Window(limits.Requests).String(), from: service}
	}
	if c.file.Provider.TokenFile == "" && !c.file.Provider.Sandbox.On {
		decided["provider.token"] = elsewhere{value: "${" + campaign.DefaultTokenVariable(c.service.Name) + "}", from: "default"}
	}
	return decided
}

// headerFound says which row of the sheet was found to be the header.
func (c *Campaign) headerFound() elsewhere {
	if c.file.Rows.File != "-" && c.file.Rows.File != "" {
		if rows, err := sources.Open(c.file.Rows.File, c.sheetOptions()); err == nil {
			defer rows.Close()
			return elsewhere{value: fmt.Sprintf("%d, found", rows.Header().Row), from: "the sheet"}
		}
	}
	return elsewhere{value: "found in the sheet", from: "default"}
}

package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// configCommand shows what is in force and who said so. It shows no secret.
func (a *app) configCommand() *cobra.Command {
	var f campaignFlags
	c := &cobra.Command{
		Use:   "config CAMPAIGN",
		Short: "Show every setting in force and where it comes from",
		Long: `Show every setting in force and where it comes from: the campaign's line, a flag,
a default, or the service. Secrets are not shown.`,
		Example: "  reelmerge config campaign.yaml\n  reelmerge config campaign.yaml --set limits.active=3 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.load(args[0], f)
			if err != nil {
				return err
			}
			return a.printSettings(s)
		},
	}
	f.register(c)
	return c
}

func (a *app) printSettings(s *setup) error {
	settings := s.inForce()
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "settings": settings})
	}
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, setting := range settings {
		value, from := setting.Value, setting.From
		if value == "" && from == "default" {
			value, from = "-", "not set"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", wording.Clean(setting.Field), wording.Clean(value), wording.Clean(from))
	}
	return table.Flush()
}

// inForce is the campaign's settings, with what the template and the service
// decide where the campaign is silent, and the service's own word where it is
// stricter.
func (s *setup) inForce() []campaign.Setting {
	decided := s.decidedElsewhere()
	settings := s.Settings()
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
	return settings
}

// elsewhere is what somebody else decides about a setting.
type elsewhere struct {
	value, from string
	overrules   bool // also what the campaign says
}

func (s *setup) decidedElsewhere() map[string]elsewhere {
	limits := s.limits()
	submits := ""
	for i, w := range limits.Submits {
		if i > 0 {
			submits += ", "
		}
		submits += campaign.Window(w).String()
	}
	service := s.service.Title
	decided := map[string]elsewhere{
		"provider.name":     {value: s.service.Name, from: "the template"},
		"provider.base_url": {value: s.baseURL(), from: service},
		"limits.submits":    {value: submits, from: service},
		"limits.active":     {value: strconv.Itoa(limits.Active), from: service, overrules: true},
		"limits.poll.first": {value: wording.Setting(limits.FirstPoll), from: service},
		"limits.poll.max":   {value: wording.Setting(limits.MaxPoll), from: service},
		"limits.deadline":   {value: wording.Setting(limits.Deadline), from: service},
	}
	if s.Rows.HeaderRow == 0 {
		decided["rows.header_row"] = s.headerFound()
	}
	if limits.Requests.Count > 0 {
		decided["limits.requests"] = elsewhere{value: campaign.Window(limits.Requests).String(), from: service}
	}
	if s.Provider.TokenFile == "" && !s.Provider.Sandbox.On {
		decided["provider.token"] = elsewhere{value: "${" + campaign.DefaultTokenVariable(s.service.Name) + "}", from: "default"}
	}
	return decided
}

// headerFound says in which row the names of the columns are found, where the
// sheet can be looked at.
func (s *setup) headerFound() elsewhere {
	if s.Rows.File != "-" {
		if rows, err := sources.Open(s.Rows.File, s.sheetOptions()); err == nil {
			defer rows.Close()
			return elsewhere{value: fmt.Sprintf("%d, found", rows.Header().Row), from: "the sheet"}
		}
	}
	return elsewhere{value: "found in the sheet", from: "default"}
}

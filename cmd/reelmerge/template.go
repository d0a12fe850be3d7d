package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

func templateCommand(a *app) *cobra.Command {
	show := &cobra.Command{
		Use:     "show FILE",
		Short:   "Show a template's variables, its scenes and what decides their length",
		Example: "  reelmerge template show welcome.template.json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.showTemplate(args[0]) },
	}
	c := &cobra.Command{Use: "template", Short: "Look at a template",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(show)
	return c
}

// mostTemplate is the largest template that is read.
const mostTemplate = 64 << 20

func (a *app) showTemplate(path string) error {
	data, err := atomicfile.Read(path, mostTemplate)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("read template %q: %w", path, wording.WithoutPath(err)), "give a Studio export or a template file")
	}
	parsed, found := templates.Parse(path, data, operations())
	if c, _ := campaign.Parse(path, data, nil); c != nil && parsed == nil {
		return fail(exitUsage, fmt.Errorf("%q is a campaign, not a template", path), "its template: "+wording.Shown("reelmerge", "template", "show", c.Template))
	}
	if parsed == nil || found.HasErrors() {
		return a.refuse(found)
	}
	program, more := parsed.Compile()
	found = append(found, more...)
	if program == nil {
		return a.refuse(found)
	}
	description := program.Describe(nil, found)
	if a.json {
		err = a.printJSON(description)
	} else {
		printTemplate(a.out, description, found)
	}
	if err == nil && found.HasErrors() {
		err = exit(exitUsage)
	}
	return err
}

func printTemplate(to io.Writer, d templates.Description, found problem.List) {
	out := writer{to}
	out.line("operation: %s", d.Operation)
	if d.Language != "" {
		out.line("language: %s", d.Language)
	}
	for _, line := range d.Chain() {
		out.line("%s", line)
	}
	out.line("one video: %s", length(d.Seconds))
	out.line("\nvariables:")
	for _, v := range d.Variables {
		out.line("  %s", variableLine(v))
		if len(v.Where) > 0 {
			out.line("      in %s", strings.Join(v.Where, "; "))
		}
	}
	if len(d.Variables) == 0 {
		out.line("  none: every video would be the same")
	}
	if len(d.Scenes) > 0 {
		out.line("\nscenes:")
	}
	for _, s := range d.Scenes {
		out.line("  %s", sceneLine(s))
	}
	for i, p := range found {
		if i == 0 {
			out.line("\nproblems:")
		}
		listing{out: out}.problem(p)
	}
}

// writer prints lines without anything that a terminal would obey.
type writer struct{ io.Writer }

func (w writer) line(format string, args ...any) {
	for _, line := range strings.Split(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintln(w, wording.Clean(line))
	}
}

func variableLine(v templates.VariableNote) string {
	parts := []string{v.Type}
	if v.Required {
		parts = append(parts, "required")
	}
	if v.Spoken {
		parts = append(parts, "spoken")
	}
	if v.Default != nil {
		parts = append(parts, fmt.Sprintf("default %q", *v.Default))
	}
	if v.Example != "" {
		parts = append(parts, fmt.Sprintf("for example %q", v.Example))
	}
	return v.Name + ": " + strings.Join(parts, ", ")
}

func sceneLine(s templates.SceneNote) string {
	text := fmt.Sprintf("%d", s.Scene)
	if s.Name != "" {
		text += fmt.Sprintf(" %q", s.Name)
	}
	text += ": " + length(s.Seconds) + ", " + sceneRule(s)
	if s.Varies {
		text += ", differs from row to row"
	}
	if s.Slack != nil && *s.Slack < 0 {
		text += fmt.Sprintf(", and cuts %.1f s of the speech off", -*s.Slack)
	}
	return text
}

// sceneRule says in words by which rule a scene gets its length.
func sceneRule(s templates.SceneNote) string {
	lead := ""
	for _, t := range s.Tracks {
		if t.Leads {
			lead = fmt.Sprintf("track %d (%s)", t.Track, t.Type)
		}
	}
	switch s.Rule {
	case "duration":
		return "by its own duration"
	case "reference":
		return "as long as " + cmp.Or(lead, "the track that it refers to")
	case "only track":
		return "as long as its only track with a length, " + cmp.Or(lead, "one of them")
	}
	return "nothing says how long it is"
}

func length(s *templates.SecondsNote) string {
	switch {
	case s == nil:
		return "length not known"
	case s.Low == s.High:
		return fmt.Sprintf("%.1f s", s.Likely)
	}
	return fmt.Sprintf("about %.1f s, between %.1f and %.1f", s.Likely, s.Low, s.High)
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/docs"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func explainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "explain [CODE]",
		Short:   "Say what a problem code means and what to do",
		Example: "  reelmerge explain COL-V5\n  reelmerge explain",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return problemCodes(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listCodes(docs.Problems())
			}
			return a.explain(args[0])
		},
	}
}

func problemCodes() (codes []string) {
	for _, p := range docs.Problems() {
		codes = append(codes, p.Code)
	}
	return codes
}

func (a *app) listCodes(list []docs.Problem) error {
	if a.json {
		return a.printJSON(map[string]any{"problems": list})
	}
	for _, p := range list {
		fmt.Fprintln(a.out, hanging(p.Code, p.Summary))
	}
	return nil
}

func (a *app) explain(code string) error {
	for _, p := range docs.Problems() {
		if !strings.EqualFold(p.Code, code) {
			continue
		}
		if a.json {
			return a.printJSON(p)
		}
		fmt.Fprintf(a.out, "%s\n\n%s\n\n%s\n\n%s\n", p.Code, wrapped(p.Summary, ""), wrapped("Cause: "+p.Cause, ""), wrapped("Cure: "+p.Cure, ""))
		return nil
	}
	if family := beginningWith(code); len(family) > 0 {
		return a.listCodes(family)
	}
	hint := didYouMean(strings.ToUpper(code), problemCodes())
	if hint == "" {
		hint = "reelmerge explain lists all codes"
	}
	return fail(exitUsage, fmt.Errorf("there is no problem code %q", code), hint)
}

// beginningWith returns the problems of a family, such as COL-V or row-key.
func beginningWith(code string) (family []docs.Problem) {
	for _, p := range docs.Problems() {
		if strings.HasPrefix(p.Code, strings.ToUpper(code)) {
			family = append(family, p)
		}
	}
	return family
}

// codeWidth has room for the longest code and a gap.
const codeWidth = 24

// hanging writes a text as a column beside its name.
func hanging(name, text string) string {
	indent := strings.Repeat(" ", codeWidth)
	return fmt.Sprintf("%-*s%s", codeWidth, name, strings.TrimPrefix(wrapped(text, indent), indent))
}

// lineWidth is a width that every terminal has.
const lineWidth = 80

// wrapped breaks a text into lines, each with the indent in front.
func wrapped(text, indent string) string {
	return indent + strings.Join(wording.Wrap(text, lineWidth-len(indent), ""), "\n"+indent)
}

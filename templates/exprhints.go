package templates

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/reelmerge/reelmerge/templates/form"
)

// usualExpressionHint is the hint when the message fits none of the known mistakes.
const usualExpressionHint = `columns are written first_name or row["First Name"], texts in quotes`

// expressionHint says how to mend a mistake that the compiler reports. The table has the
// mistakes of people who know spreadsheets and SQL; its hints show the right form.
func (h *header) expressionHint(message, source string) string {
	if found := unknownName.FindStringSubmatch(message); found != nil {
		return h.suggestName(found[1])
	}
	for _, known := range [...]struct{ complaint, hint string }{
		{`Operator("=")`, "compare with =="},
		{"mismatched types string and string", `one text in another is written country contains "D"`},
		{"mismatched types string", "a text becomes a number with number(…), as in number(amount) > 100"},
		{"and string)", "a text becomes a number with number(…), as in number(amount) > 100"},
		{"time.Duration", `the days between two dates are (date(a) - date(b)).Hours() / 24`},
		{"expected bool", `a condition compares something, as in country == "DE"`},
		{"not terminated", "a closing quote is missing"},
		{`Identifier("AND")`, "write and in small letters"},
		{`Identifier("OR")`, "write or in small letters"},
		{`Identifier("like")`, `write contains, startsWith or matches, as in city startsWith "New"`},
		{`Identifier("LIKE")`, `write contains, startsWith or matches, as in city startsWith "New"`},
		{"unexpected token Identifier", `a name with spaces is written first_name or row["First Name"]`},
	} {
		if strings.Contains(message, known.complaint) {
			return known.hint
		}
	}
	switch {
	case strings.ContainsAny(source, "\u201c\u201d\u201e\u2018\u2019"):
		return `use straight quotes: "…"`
	case strings.Contains(source, "<>"):
		return "compare with !="
	}
	return usualExpressionHint
}

var unknownName = regexp.MustCompile(`unknown name ([^\s,]+)`)

// suggestName is the hint for a name that the compiler does not know. A text without
// quotes is the usual cause.
func (h *header) suggestName(name string) string {
	names := make([]string, 0, len(h.columns))
	for _, column := range h.columns {
		if folded := form.Fold(column); folded != "" {
			names = append(names, folded)
		}
	}
	names = append(names, allowedBuiltins()...)
	if near := closest(name, append(names, ownFunctions()...)); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	columns := names[:len(names)-len(allowedBuiltins())]
	return fmt.Sprintf("put it in quotes when it is a text: %q; the columns are %s", name, strings.Join(columns[:min(12, len(columns))], ", "))
}

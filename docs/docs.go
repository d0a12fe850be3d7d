// Package docs carries the pages that the program itself can show: the cause and
// the cure of every problem code.
package docs

import (
	_ "embed"
	"strings"
)

//go:embed problems.md
var problems string

// Problem is one section of problems.md, in Markdown.
type Problem struct {
	Code    string `json:"code"`
	Summary string `json:"summary"` // what is wrong, in one sentence
	Cause   string `json:"cause"`
	Cure    string `json:"cure"`
}

// Problems lists every problem code in the order of the page.
func Problems() []Problem {
	_, sections, _ := strings.Cut(problems, "\n### ")
	var list []Problem
	for _, section := range strings.Split(sections, "\n### ") {
		code, body, _ := strings.Cut(section, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		list = append(list, Problem{
			Code:    strings.TrimSpace(code),
			Summary: paragraph(body, ""),
			Cause:   paragraph(body, "**Cause:** "),
			Cure:    paragraph(body, "**Cure:** "),
		})
	}
	return list
}

// paragraph is the first paragraph that begins with the label, without it.
func paragraph(body, label string) string {
	for _, p := range strings.Split(body, "\n\n") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(p), label); ok && text != "" {
			return strings.Join(strings.Fields(text), " ")
		}
	}
	return ""
}

package ledger

import (
	"fmt"
	"strings"
)

// Table writes [Moves] as a Markdown table, for the docs.
func Table() string {
	var b strings.Builder
	b.WriteString("| from | event | to | who | why it is legal |\n|---|---|---|---|---|\n")
	for _, m := range Moves() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", orNone(m.From), m.Kind, m.To, m.who(), m.Meaning)
	}
	return b.String()
}

func (m Move) who() string {
	if m.Person {
		return "a person"
	}
	return "the program"
}

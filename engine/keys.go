package engine

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// checkKey refuses a key that a person could not type, or could not tell from another one,
// because commands, questions and results name the row by its key.
func (g *gatherer) checkKey(c *checked) {
	if len(c.key) > ledger.Longest {
		g.keyProblem(c, problem.Problem{
			Code: "ROW-KEY-LONG", Message: fmt.Sprintf("the key has %d bytes; at most %d can be kept", len(c.key), ledger.Longest),
			Hint: "give the row a shorter key, such as a number, or choose another column under rows: key",
		})
		c.key, c.entry = "", ""
		return
	}
	if ledger.IsPart(c.key) {
		g.keyProblem(c, problem.Problem{
			Code: "ROW-KEY-CHARACTERS", Value: c.key,
			Message: "the key begins with the character NUL, by which the ledger knows what rows share",
			Hint:    "type the key again without it; the function CLEAN takes it out of a whole column",
		})
		c.key, c.entry = "", ""
		return
	}
	what := ""
	if r, found := wording.Untypable(c.key); found {
		what = wording.Character(r)
	} else if strings.Trim(c.key, " ") != c.key {
		what = "a blank at its beginning or end"
	}
	if what != "" {
		g.keyProblem(c, problem.Problem{
			Code: "ROW-KEY-CHARACTERS", Value: c.key,
			Message: "the key has " + what + ", which does not show: it cannot be typed, or told from another key",
			Hint:    "type the key again without it; Find and Replace, or the functions TRIM and CLEAN, take it out of a whole column",
		})
	}
}

// alike refuses a key that looks like that of an earlier row.
func (g *gatherer) alike(c *checked, first int) {
	g.keyProblem(c, problem.Problem{
		Code: "ROW-KEY-ALIKE", Value: c.key,
		Message: fmt.Sprintf("the key looks like that of row %d, and is written with other characters: people cannot tell the two apart", first),
		Cause:   "the key looks like that of another row, and is written with other characters", Like: first,
		Hint: "give each row its own key; if both are the same customer, delete one of the rows",
	})
}

// keyProblem adds a problem at the cell of the key. For a row that was sent under its key
// it is only a warning: with another key the row would be a new one, and be paid again.
func (g *gatherer) keyProblem(c *checked, p problem.Problem) {
	p.Severity = problem.Error
	if g.sentBefore(c) {
		p.Severity = problem.Warning
		p.Message += "; the row was sent under it, so it stays"
		p.Hint = "leave the cell as it is: under another key the row would be a new one, and be paid again"
	}
	column := slices.IndexFunc(g.place.columns, func(col sources.Column) bool { return col.Name == g.planner.Key })
	c.problems = append(c.problems, g.place.at(p, c.number, column))
}

// sentBefore reports whether the row was sent under its key, as far as the ledger, or the
// caller where there is none, knows.
func (g *gatherer) sentBefore(c *checked) bool {
	if was := g.remembered[c.entry]; was != nil {
		return was.state != ledger.Planned
	}
	return g.planner.Sent != nil && g.planner.Sent(c.key)
}

// shown returns a key as a person sees it: without characters that do not show, and with
// accents composed in one way.
func shown(key string) string {
	if _, found := wording.Untypable(key); found {
		key = strings.Map(func(r rune) rune {
			if _, hidden := wording.Untypable(string(r)); hidden {
				return -1
			}
			return r
		}, wording.Clean(key))
	}
	return norm.NFC.String(strings.Trim(key, " "))
}

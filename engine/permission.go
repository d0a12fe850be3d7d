package engine

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// LeftOutBy says what leaves a row out of a campaign.
type LeftOutBy string

// What leaves rows out. The zero value keeps a row.
const (
	ByWhere    LeftOutBy = "where"    // the campaign's condition
	BySuppress LeftOutBy = "suppress" // the list of people who must not be sent a video
	ByConsent  LeftOutBy = "consent"  // no consent stands in the sheet
)

// Permission decides which people may be sent a video at all. It goes before the money:
// a row without permission is never bought, and a video that was bought before is in no file
// that is handed over.
type Permission struct {
	Suppressed map[string]bool // as [Suppressible] writes them
	Column     int             // of the sheet, with what the list has; -1 without a list
	Consent    int             // column with the consent; -1 where none is asked for
}

// Suppressible is a cell as lists of suppressed people compare it: without blanks around
// it, without regard to case and to how accents are encoded.
func Suppressible(text string) string {
	return cases.Fold().String(norm.NFC.String(strings.TrimSpace(text)))
}

// Words that give a consent, and words that plainly refuse it. Of anything else it is not
// known what it means, so it gives none either, and a warning says so.
var (
	consents = []string{"yes", "y", "true", "1", "x", "ja", "oui", "sí", "si", "sim", "tak", "ano", "evet", "да"}
	refusals = []string{"", "no", "n", "false", "0", "-", "nein", "non", "não", "nao", "nie", "ne", "hayır", "hayir", "нет"}
)

// leftOutBy returns what leaves a row out, and a warning about a cell that cannot be
// understood, with its column.
func (p *Permission) leftOutBy(row sources.Row) (by LeftOutBy, warning *problem.Problem) {
	if p.Column >= 0 && p.Suppressed[Suppressible(row.Cells[p.Column])] {
		return BySuppress, nil
	}
	if p.Consent < 0 {
		return "", nil
	}
	word := Suppressible(row.Cells[p.Consent])
	switch {
	case slices.Contains(consents, word):
		return "", nil
	case slices.Contains(refusals, word):
		return ByConsent, nil
	}
	return ByConsent, &problem.Problem{
		Severity: problem.Warning, Code: "ROW-CONSENT", Value: wording.Shorten(row.Cells[p.Consent]),
		Message: fmt.Sprintf("%q is no word for a consent, so the row is left out", wording.Shorten(row.Cells[p.Consent])),
		Cause:   "the cell has no word for a consent, so the row is left out",
		Hint:    "write yes or no",
	}
}

// LeftOutCounts counts the rows that are left out, by what leaves them out.
type LeftOutCounts struct {
	Where    int `json:"where"`
	Suppress int `json:"suppress"`
	Consent  int `json:"consent"`
}

func (n *LeftOutCounts) count(by LeftOutBy) {
	switch by {
	case BySuppress:
		n.Suppress++
	case ByConsent:
		n.Consent++
	case ByWhere:
		n.Where++
	}
}

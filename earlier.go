package reelmerge

import (
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// noteEarlier warns of columns with earlier results. They may be wanted, but the sheet
// may also be the wrong one.
func (c *Campaign) noteEarlier(rows sources.Reader) {
	columns := rows.Columns()
	header := rows.Header().Row
	places := report.EarlierResults(columnNames(rows))
	if c.earlier = nil; len(places) == 0 {
		return
	}
	for _, i := range places {
		c.earlier = append(c.earlier, fmt.Sprintf("%s (%s)", columns[i].Name, columns[i].Letter))
	}
	p := problem.Problem{
		Severity: problem.Warning, Code: "ROW-RESULT-COLUMNS", Place: problem.Place{File: c.file.Rows.Shown(), Column: columns[places[0]].Name},
		Message: "the sheet has columns of earlier results: " + strings.Join(c.earlier, ", ") + "; in the results of this campaign, its own take their place",
		Hint:    "nothing needs doing if the sheet is the one that you want, which is not changed itself; else rename the columns, or point rows: file at the other sheet",
	}
	if header > 0 {
		p.Row = header
		p.Cell = columns[places[0]].Address(header)
	}
	c.problems = append(c.problems, p)
}

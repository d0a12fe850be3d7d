package reelmerge

import (
	"fmt"
	"strconv"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/problem"
)

// cure completes the hints of problems that the campaign file can cure: with the whole
// line to paste, and where it stands.
func (c *Campaign) cure(plan *engine.Plan) {
	repeated := 0
	for _, p := range plan.Problems {
		if p.Code == "ROW-DUPLICATE-VIDEO" {
			repeated++
		}
	}
	twins := "" // the same for all of them
	for i := range plan.Problems {
		p := &plan.Problems[i]
		switch {
		case p.Setting.Key == "default":
			p.Hint = "fill in the cell, or say what stands there instead; " + c.variableCure(*p)
		case p.Setting.Key != "":
			p.Hint += "; " + c.variableCure(*p)
		case p.Code == "ROW-TOTALS" && p.Column != "":
			p.Hint = c.totalsCure(*p)
		case p.Code == "ROW-DUPLICATE-VIDEO":
			if twins == "" {
				twins = c.duplicatesCure(repeated, plan.Rows.Valid)
			}
			p.Hint = twins
		}
	}
}

// variableCure gives a variable the setting that a problem asks for.
func (c *Campaign) variableCure(p problem.Problem) string {
	key, value := p.Setting.Key, p.Setting.Value
	if e, ok := c.file.VariableEdit(p.Variable, p.Column, key, value); ok {
		return e.String()
	}
	if key == "transform" {
		value = "[" + value + "]"
	}
	return c.settingCure(fmt.Sprintf("variables.%s.%s=%s", p.Variable, key, value))
}

// settingCure is a command to paste, for a campaign in which one line is not enough.
func (c *Campaign) settingCure(set string) string {
	return "try it with:\n  " + c.Command("check", "--set", set)
}

// totalsCure leaves out the rows that begin like this one.
func (c *Campaign) totalsCure(p problem.Problem) string {
	where := fmt.Sprintf("row[%s] != %s", strconv.Quote(p.Column), strconv.Quote(p.Value))
	if before := c.file.Rows.Where; before != "" {
		where = "(" + before + ") && " + where
	}
	const hint = "delete the row, or leave it out: "
	if e, ok := c.file.RowsEdit("where", where); ok {
		return hint + e.String()
	}
	return hint + c.settingCure("rows.where="+where)
}

// duplicatesCure is about rows that make the same video. Where many do, the template says
// too little of a row, and deleting customers is no cure.
func (c *Campaign) duplicatesCure(repeated, rows int) string {
	hint := "delete one of the rows"
	if 5*repeated > rows {
		hint = "the template uses so little of a row that many videos are the same: make one for each, from a sheet without the repetitions, and give its link to all of its customers"
	}
	hint += "; or, to pay for each row, "
	if e, ok := c.file.RowsEdit("duplicates", "keep"); ok {
		return hint + e.String()
	}
	return hint + c.settingCure("rows.duplicates=keep")
}

package campaign_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
)

// pasted does what an edit says, as a person would, and reads the campaign again.
func pasted(t *testing.T, text string, e campaign.Edit) *campaign.File {
	t.Helper()
	lines := strings.Split(text, "\n")
	indent := func(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " "))] }
	if e.Below {
		lines = slices.Insert(lines, e.Line, indent(lines[e.Line])+e.Text)
	} else {
		lines[e.Line-1] = indent(lines[e.Line-1]) + e.Text
	}
	c, problems := campaign.Parse("c.yaml", []byte(strings.Join(lines, "\n")), nil)
	if c == nil || len(problems) > 0 {
		t.Fatalf("%s\n%v", strings.Join(lines, "\n"), problems)
	}
	return c
}

// TestEditsCanBePasted: the line that a hint shows keeps what the file says of the
// variable, and is read back with the new setting.
func TestEditsCanBePasted(t *testing.T) {
	const text = "rows:\n  file: r.csv # the sheet\n  where: 'plan == \"Gold\"'\ntemplate: t.json\nvariables:\n  city: Wohn Ort\n  name: {column: \"Name: first\", transform: [trim]}\n"
	c, problems := campaign.Parse("c.yaml", []byte(text), nil)
	if c == nil {
		t.Fatal(problems)
	}
	edit := func(e campaign.Edit, ok bool) campaign.Edit {
		t.Helper()
		if !ok {
			t.Error("no edit")
		}
		return e
	}
	if got := pasted(t, text, edit(c.VariableEdit("city", "", "default", "your city"))).Variables["city"].Source; got.Column != "Wohn Ort" || got.Default != "your city" {
		t.Errorf("%+v", got)
	}
	if got := pasted(t, text, edit(c.VariableEdit("name", "", "transform", "title"))).Variables["name"].Source; got.Column != "Name: first" || !slices.Equal(got.Transform, []string{"trim", "title"}) {
		t.Errorf("%+v", got)
	}
	if got := pasted(t, text, edit(c.VariableEdit("fee", "Annual fee", "default", "no"))).Variables["fee"].Source; got.Column != "Annual fee" || got.Default != "no" {
		t.Errorf("%+v", got)
	}
	if got := pasted(t, text, edit(c.RowsEdit("where", `plan != "Total"`))); got.Rows.Where != `plan != "Total"` {
		t.Errorf("%q", got.Rows.Where)
	}
	if got := pasted(t, text, edit(c.RowsEdit("key", "No."))); got.Rows.Key != "No." {
		t.Errorf("%q", got.Rows.Key)
	}
}

// TestNoEditWhereOneLineIsNotEnough: in a group that is written in braces or over several
// lines, a line to paste would be wrong.
func TestNoEditWhereOneLineIsNotEnough(t *testing.T) {
	for _, text := range []string{
		"rows: {file: r.csv}\ntemplate: t.json\n",
		"rows: {file: r.csv}\ntemplate: t.json\nvariables: {city: City}\n",
		"rows: {file: r.csv}\ntemplate: t.json\nvariables:\n  city:\n    column: City\n",
	} {
		c, problems := campaign.Parse("c.yaml", []byte(text), nil)
		if c == nil {
			t.Fatal(problems)
		}
		if e, ok := c.RowsEdit("key", "id"); ok {
			t.Errorf("%s%v", text, e)
		}
		if e, ok := c.VariableEdit("city", "", "default", "x"); ok {
			t.Errorf("%s%v", text, e)
		}
	}
	c, _ := campaign.ForSheet("r.csv", "t.json", "", nil)
	if e, ok := c.VariableEdit("city", "City", "default", "x"); ok {
		t.Errorf("without a file: %v", e)
	}
}

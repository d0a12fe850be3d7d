package templates_test

import (
	"fmt"

	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/scenes"
)

// What does not depend on a row is done once; a row then is checked, put in place
// and measured.
func ExampleProgram_Row() {
	document := `{"operation": "colossyan/template-job",
		"request": {"templateJobId": "3f6c2b1e"},
		"variables": {"name": {"type": "string", "minLength": 1}, "amount": {"type": "string", "pattern": "^€"}},
		"duration": {"base_seconds": 30}}`
	operations := templates.Operations{{Name: "colossyan/template-job", Document: scenes.Saved()}}
	template, problems := templates.Parse("offer.json", []byte(document), operations)
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}
	program, problems := template.Compile()
	if problems.HasErrors() {
		fmt.Println(problems)
		return
	}
	var out templates.Rendered
	for _, values := range [][]string{{"Ada", "€12.30"}, {"", "12.30"}} {
		program.Row(values, &out)
		for _, p := range out.Problems {
			fmt.Println(p.Code, p.Variable)
		}
		if !out.Problems.HasErrors() {
			fmt.Printf("%s\n%.0f seconds\n", out.Body, out.Seconds.Likely)
		}
	}
	// Output:
	// {"templateJobId":"3f6c2b1e","dynamicVariables":{"name":"Ada","amount":"€12.30"}}
	// 30 seconds
	// COL-V5 name
	// VAR-PATTERN amount
}

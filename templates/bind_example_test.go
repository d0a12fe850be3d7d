package templates_test

import (
	"fmt"

	"github.com/reelmerge/reelmerge/templates"
)

// Columns find their variables by name; the mapping says the rest.
func ExampleBinder() {
	columns := []string{"First Name", "Betrag", "City"}
	variables := []templates.Variable{{Name: "first_name"}, {Name: "amount"}, {Name: "greeting"}, {Name: "city"}}
	b, _ := templates.NewBinder(columns, variables, templates.Mapping{
		Locale: "de",
		Sources: map[string]templates.Source{
			"amount":   {Column: "Betrag", Format: "#,##0.00 €"},
			"greeting": {Expr: `first_name == "" ? "Guten Tag" : "Hallo " + first_name`},
			"city":     {Transform: []string{"trim", "title"}, Default: "Ihre Stadt", HasDefault: true},
		},
	})
	for _, m := range b.Matches() {
		fmt.Printf("%s: %s %q\n", m.Variable, m.How, m.Column)
	}
	values := make([]string, len(variables))
	_ = b.Bind(values, []string{"Ada", "1234,5", "KÖLN "})
	fmt.Printf("%q\n", values)
	// Output:
	// first_name: similar name "First Name"
	// amount: column "Betrag"
	// greeting: expression ""
	// city: similar name "City"
	// ["Ada" "1.234,50 €" "Hallo Ada" "Köln"]
}

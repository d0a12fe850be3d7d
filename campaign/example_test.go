package campaign_test

import (
	"fmt"

	"github.com/reelmerge/reelmerge/campaign"
)

// A mistake is reported with its place and the cure; every mistake at once.
func ExampleParse() {
	_, problems := campaign.Parse("spring.yaml", []byte(`
rows: {file: customers.xlsx}
template: welcome.template.json
limts: {active: 3}
budget: {limit: "120,5"}
`), nil)
	for _, p := range problems {
		fmt.Printf("%s\n  hint: %s\n", p, p.Hint)
	}
	// Output:
	// spring.yaml:4: CMP-UNKNOWN-KEY: unknown key "limts"
	//   hint: did you mean "limits"?
	// spring.yaml:5: CMP-VALUE: budget.limit: "120,5" is not usable
	//   hint: want a number that is not negative, with a point and at most six decimal places, such as 120 or 0.85
}

// What is in force can be shown to anybody: secrets stay secret.
func ExampleFile_Settings() {
	c, _ := campaign.Parse("spring.yaml", []byte(`
rows: {file: customers.xlsx}
template: welcome.template.json
provider: {token: "${COLOSSYAN_TOKEN}"}
`), []string{"limits.active=3"})
	for _, s := range c.Settings() {
		switch s.Field {
		case "rows.hidden", "provider.token", "limits.active":
			fmt.Printf("%s = %s (%s)\n", s.Field, s.Value, s.From)
		}
	}
	// Output:
	// rows.hidden = keep (default)
	// provider.token = redacted (spring.yaml:4)
	// limits.active = 3 (--set limits.active)
}

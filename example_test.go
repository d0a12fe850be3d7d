package reelmerge_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
)

// A campaign is opened, planned, run on the simulator, and its results are read. Run
// twice, the second run sends nothing.
func Example() {
	folder := exampleCampaign()
	defer os.RemoveAll(folder)
	ctx := context.Background()
	c, err := reelmerge.Open(ctx, folder+"/campaign.yaml", reelmerge.Options{Services: all.Services(), Sandbox: true})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	plan, err := c.Plan(ctx, reelmerge.PlanOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("to send:", plan.Result.Actions.Submit)
	for range 2 {
		out, err := c.Run(ctx, reelmerge.RunOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("sent:", out.Sent)
	}
	for row, err := range c.Results(ctx) {
		fmt.Println(row.Key, row.Status, row.Amount, row.Unit, err)
	}
	// Output:
	// to send: 2
	// sent: 2
	// sent: 0
	// C-1001 test 0.336334 minutes <nil>
	// C-1002 test 0.338334 minutes <nil>
}

// exampleCampaign writes a campaign of two rows into a folder of its own.
func exampleCampaign() (folder string) {
	folder, err := os.MkdirTemp("", "reelmerge-example-")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string]string{
		"customers.csv": "id,first_name\nC-1001,Ada\nC-1002,Grace\n",
		"campaign.yaml": "rows: {file: customers.csv, key: id}\ntemplate: welcome.json\nlimits: {submits: 20/s}\n",
		"welcome.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "3f6c2b1e-8a50-4d1f-9f0e-6f1f8f6f0a11"},
			"variables": {"first_name": {"type": "string", "minLength": 1, "spoken": true}}, "duration": {"base_seconds": 30}}`,
	} {
		if err := os.WriteFile(folder+"/"+name, []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	return folder
}

package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDetailsNameRowsWithFarLongerTexts(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("id,name\n")
	for i := range 99 {
		fmt.Fprintf(&csv, "%d,Ada\n", i+1)
	}
	fmt.Fprintf(&csv, "100,%s\n", strings.Repeat("é", 403))
	s := invite()
	s.csv, s.template = csv.String(), strings.Replace(inviteTemplate, `"maxLength": 40`, `"maxLength": 999`, 1)
	p := s.planner(t, nil)
	p.Ledger, p.Record, p.Detailed = nil, nil, true // as a mere plan does
	plan, err := p.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, row := range plan.Details.Longest {
		got[row.Key] = row.Extra
	}
	if diff := cmp.Diff(map[string]int{"100": 396}, got); diff != "" {
		t.Errorf("characters beyond those of an average row (-want +got):\n%s", diff)
	}
}

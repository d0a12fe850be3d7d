package sources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

func surveyed(t *testing.T, sheet string) *sources.Survey {
	t.Helper()
	rows, err := sources.OpenReader("sheet.csv", strings.NewReader(sheet), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	s, err := sources.NewSurvey(rows)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheKeyIsAnIDThatEveryRowHas(t *testing.T) {
	for name, c := range map[string]struct{ sheet, want string }{
		"by its name":           {"Name,Customer ID\nAda,7\nBob,8\n", "Customer ID"},
		"by its values":         {"Name,Contract\nAda,C-1001\nBob,C-1002\n", "Contract"},
		"an address of e-mail":  {"Name,Mail\nAda,ada@example.org\nBob,bob@example.org\n", "Mail"},
		"in German":             {"Name,Kundennr.\nAda,7\nBob,8\nCy,9\nDi,10\n", "Kundennr."},
		"in French":             {"Nom,Numéro de client\nAda,7\nBob,8\n", "Numéro de client"},
		"in French, at the end": {"Nom,Client numéro\nAda,7\nBob,8\n", "Client numéro"},
		"in Japanese":           {"名前,顧客番号\nAda,7\nBob,8\n", "顧客番号"},
		"not one that repeats":  {"id,Name\n7,Ada\n7,Bob\n", ""},
		"not one with a gap":    {"id,Name\n7,Ada\n,Bob\n", ""},
		"not names":             {"Name,Plan\nAda,Gold\nBob,Gold\n", ""},
		"not amounts":           {"Name,Amount\nAda,12\nBob,13\n", ""},
		"not dates":             {"Name,Renews\nAda,2027-03-14\nBob,2027-03-15\n", ""},
		"the better of two":     {"Order,Customer No\nA1,1\nA2,2\n", "Customer No"},
	} {
		if got := surveyed(t, c.sheet).Key(); got != c.want {
			t.Errorf("%s: key %q, want %q", name, got, c.want)
		}
	}
}

// TestAColumnThatNearlyNamesRowsSaysWhichRowsCollide: one duplicate among many rows must
// not hide the column that a person would choose.
func TestAColumnThatNearlyNamesRowsSaysWhichRowsCollide(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString("Customer No.,E-Mail,Tier\n")
	for i := range 60 {
		number, mail := 10_000+i, fmt.Sprintf("c%d@example.org", i)
		switch i {
		case 41, 42:
			mail = ""
		case 50, 51, 52:
			mail = "office@example.org"
		case 57:
			number--
		}
		fmt.Fprintf(&sheet, "%d,%s,Gold\n", number, mail)
	}
	s := surveyed(t, sheet.String())
	if s.Key() != "" {
		t.Errorf("%q is taken for a key", s.Key())
	}
	keys := s.Keys()
	if len(keys) != 1 || keys[0].Name != "Customer No." || keys[0].Trouble() != `"10056" stands in rows 58 and 59` {
		t.Fatalf("%d keys, %+v", len(keys), keys[0])
	}
	if keys = surveyed(t, "id,Name\n1,Ada\n2,Bob\n,Cy\n4,Di\n4,Ed\n5,Fi\n").Keys(); len(keys) != 1 || keys[0].Trouble() != `"4" stands in rows 5 and 6; empty in row 4` {
		t.Errorf("%+v", keys)
	}
}

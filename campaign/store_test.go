package campaign_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/problem"
)

// TestTheAddressOfADatabaseIsASecret wherever it has a password: it is warned of in a file,
// refused on a command line, and left out of a saved copy.
func TestTheAddressOfADatabaseIsASecret(t *testing.T) {
	const open, telling = "postgres://ana@db.example.com/reelmerge", "postgres://ana:sesame@db.example.com/reelmerge"
	for _, c := range []struct {
		line, literal string
		problems      []string
	}{
		{`store: "${REELMERGE_STORE}"`, "", nil},
		{`store: "postgres://ana:${PASSWORD}@db.example.com/reelmerge"`, "", nil},
		{`store: ` + open, "", nil},
		{`store: {url: "` + open + `", ledger: spring}`, "", nil},
		{`store: ` + telling, "store", []string{"CMP-SECRET"}},
		{`store: {url: "` + open + `?password=sesame"}`, "store.url", []string{"CMP-SECRET"}},
		{`store: mysql://db.example.com/reelmerge`, "", []string{"CMP-VALUE"}},
		{`store: {ledger: spring}`, "", []string{"CMP-MISSING"}},
		{`store: {url: "${REELMERGE_STORE}", ledger: "${NAME}"}`, "", []string{"CMP-REFERENCE"}},
		{`provider: {token: sesame}`, "provider.token", []string{"CMP-SECRET"}},
	} {
		file, found := campaign.Parse("x.yaml", []byte(minimal+c.line), nil)
		if got := codesOf(found); !slices.Equal(got, c.problems) {
			t.Errorf("%s: problems %v, want %v", c.line, found, c.problems)
		}
		for _, p := range found {
			if strings.Contains(fmt.Sprint(p), "sesame") {
				t.Errorf("%s: the password is shown: %v", c.line, p)
			}
		}
		if file == nil {
			continue
		}
		if got := file.WrittenOut(); got != c.literal {
			t.Errorf("%s: the field that has a secret itself is %q, want %q", c.line, got, c.literal)
		}
		if data, err := file.Encode("y.yaml"); err != nil || strings.Contains(string(data), "sesame") {
			t.Errorf("%s: saved as\n%s%v", c.line, data, err)
		}
	}
	_, found := campaign.Parse("x.yaml", []byte(minimal), []string{"store=" + telling})
	if !slices.Equal(codesOf(found), []string{"CMP-SECRET"}) {
		t.Errorf("a password on the command line: %v", found)
	}
}

// TestTheAddressOfADatabaseIsResolvedAlone, without the token.
func TestTheAddressOfADatabaseIsResolvedAlone(t *testing.T) {
	c := mustParse(t, minimal+`store: "${REELMERGE_STORE}"`)
	for value, code := range map[string]string{"postgres://db.example.com/x": "", "": "CMP-UNSET", "db.example.com": "CMP-VALUE"} {
		url, found := c.StoreURL(func(string) string { return value })
		if (code != "" || url.Reveal() != value) && !slices.Equal(codesOf(found), []string{code}) {
			t.Errorf("%q: %q, %v", value, url.Reveal(), found)
		}
	}
}

func codesOf(found problem.List) (codes []string) {
	for _, p := range found {
		codes = append(codes, p.Code)
	}
	return codes
}

package approval_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/approval"
)

func sample() *approval.Approval {
	most := credit.Amount(5_000_000)
	a := &approval.Approval{
		Head: approval.Head{Ledger: "L1", By: "Ada", At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Terms: approval.Terms{
			Conditions: approval.Conditions{Provider: "colossyan", Address: "https://app.example.com", Ground: "service", Prices: "p"},
			Caps: []approval.Cap{
				{Account: credit.Account{Provider: "colossyan", Unit: "minutes"}, Most: &most}, {Account: credit.Account{Provider: "colossyan", Payer: "x", Unit: "minutes"}},
			},
		}},
		Pairs: []approval.Pair{{Key: "1", Fingerprint: "aa"}, {Key: "2", Fingerprint: "bb"}},
	}
	a.Digest = approval.Digest(a.Terms, a.Pairs)
	return a
}

func written(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := sample().Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	a, err := approval.Parse([]byte(written(t)))
	if err != nil || len(a.Pairs) != 2 || a.By != "Ada" || *a.Caps[0].Most != 5_000_000 || a.Caps[1].Most != nil {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestAChangedFileApprovesNothing changes each part that decides what may be sent.
func TestAChangedFileApprovesNothing(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"a row more":           func(s string) string { return s + `{"key":"3","fingerprint":"cc"}` + "\n" },
		"a row less":           func(s string) string { return s[:strings.LastIndex(s, `{"key"`)] },
		"another key":          func(s string) string { return strings.Replace(s, `"key":"2"`, `"key":"9"`, 1) },
		"another content":      func(s string) string { return strings.Replace(s, `"aa"`, `"ab"`, 1) },
		"a higher cap":         func(s string) string { return strings.Replace(s, `"most":"5"`, `"most":"500"`, 1) },
		"no cap":               func(s string) string { return strings.Replace(s, `"most":"5"`, `"most":null`, 1) },
		"other prices":         func(s string) string { return strings.Replace(s, `"prices":"p"`, `"prices":"q"`, 1) },
		"the real service":     func(s string) string { return strings.Replace(s, `"ground":"service"`, `"ground":"sandbox"`, 1) },
		"half a line":          func(s string) string { return s[:len(s)-8] },
		"a member that is new": func(s string) string { return strings.Replace(s, `"by"`, `"all":true,"by"`, 1) },
		"another ledger":       func(s string) string { return strings.Replace(s, `"L1"`, `"L2"`, 1) },
		"another person":       func(s string) string { return strings.Replace(s, `"Ada"`, `"Bob"`, 1) },
		"nothing":              func(string) string { return "" },
	} {
		changed := change(written(t))
		if changed == written(t) {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := approval.Parse([]byte(changed)); !errors.Is(err, approval.ErrUnsound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	a := sample()
	swapped := []approval.Pair{a.Pairs[1], a.Pairs[0]}
	if approval.Digest(a.Terms, swapped) != a.Digest {
		t.Error("another order is another digest")
	}
	if approval.Digest(a.Terms, []approval.Pair{{Key: "1a", Fingerprint: "a"}, a.Pairs[1]}) == approval.Digest(a.Terms, []approval.Pair{{Key: "1", Fingerprint: "aa"}, a.Pairs[1]}) {
		t.Error("texts run together")
	}
}

func FuzzParse(f *testing.F) {
	var out bytes.Buffer
	if err := sample().Write(&out); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := approval.Parse(data)
		if err == nil && approval.Digest(a.Terms, a.Pairs) != a.Digest {
			t.Error("it does not add up")
		}
	})
}

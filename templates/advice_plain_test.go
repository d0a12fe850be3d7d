package templates

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlainValuesNeedNoAdvice holds the quick look to the closer one.
func TestPlainValuesNeedNoAdvice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := advised{name: "name", spoken: rapid.Bool().Draw(t, "spoken"), isName: rapid.Bool().Draw(t, "isName")}
		value := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9 .,@'-]{0,24}`), rapid.StringMatching(`(n/a|NULL|Inc\\.|Dr\\.|st\\.|[A-Z]{4,}|[0-9]{3,7}| )+`), rapid.String(),
		).Draw(t, "value")
		if p, found := v.remark(value); v.plain(value) && found {
			t.Fatalf("%q is plain, and yet: %s", value, p.Message)
		}
	})
}

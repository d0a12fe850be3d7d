package templates

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCharactersThatNeedNoLookAreSpoken holds the quick look at a value's bytes to the
// closer one: what a voice cannot say is found by both.
func TestCharactersThatNeedNoLookAreSpoken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := "é" + rapid.OneOf(
			rapid.StringMatching(`[a-c .@:/\n\t\x{80}-\x{a0}\x{2190}\x{20e3}\x{2600}\x{2b00}\x{fe0f}\x{1f389}]{0,2}`),
			rapid.StringMatching(`(www\.|://|a@b\.c|李|ạ){0,2}`),
			rapid.StringN(0, 2, -1),
		).Draw(t, "value")
		check := valueCheck{v: &Variable{Name: "v", Type: "string", Spoken: true}}
		var quick, close Rendered
		check.characters(value, &quick)
		check.unspoken(value, &close)
		if len(close.Problems) > 0 && len(quick.Problems) == 0 {
			t.Fatalf("%q is passed over, and yet: %s", value, close.Problems[0].Message)
		}
	})
}

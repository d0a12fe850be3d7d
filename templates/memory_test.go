package templates_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

// remembering has variables of all kinds, in scripts with fixed texts around them, one of
// which has a voice that the row names.
const remembering = `{"operation": "colossyan/video-job", "language": "en",
 "variables": {
  "first_name": {"type": "string", "maxLength": 12}, "plan": {"type": "string", "enum": ["basic", "pro"], "default": "basic"},
  "amount": {"type": "string", "pattern": "^[0-9.]+$"}, "note": {"type": "string", "optional": true}, "voice": {"type": "string"}},
 "request": {"videoCreative": {"settings": {"videoSize": {"width": 1920, "height": 1080}, "name": "{plan} for {first_name}"}, "scenes": [
  {"name": "one", "tracks": [
   {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "text": "Dear {first_name}, {note}. The {plan} plan costs {amount} euros, {first_name}."}]},
  {"name": "two", "duration": 2500, "tracks": [
   {"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "text": "{amount}{plan} {note}"}, {"type": "text", "text": "{note}"}]},
  {"name": "three", "tracks": [{"type": "actor", "actor": "karen", "speakerId": "{voice}", "text": "Goodbye {first_name}, {amount}."}]}]}}}`

// TestWhatIsRememberedIsWhatIsWorkedOut renders rows that repeat values, and compares each to
// the last bit with one for which nothing was remembered.
func TestWhatIsRememberedIsWhatIsWorkedOut(t *testing.T) {
	p := compile(t, remembering)
	words := []string{
		"Ada", "ada", "ADA", "Anne-Marie", "Müller, Inc.", "李雷", "J. R.", "N/A", " Bob", "", "  ", "a \"b\"\\", "{x}", "\xff", "5", "12,345.60", "568.34", "2026-05-13", ". ", "kg", ".com",
		"pro", "Pro", "basic", "en-GB-RyanNeural", "de-DE-KatjaNeural", "see www.example.com", "<break time=\"2s\"/>", "a text that is far too long to be remembered by anybody who reads it once",
	}
	rapid.Check(t, func(t *rapid.T) {
		var out, anew templates.Rendered
		templates.RememberNothing(p, &anew)
		if rapid.Bool().Draw(t, "few") {
			templates.RememberFew(p, &out)
		}
		value := rapid.OneOf(rapid.SampledFrom(words), rapid.SampledFrom(words), rapid.String())
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			values := rapid.SliceOfN(value, 5, 5).Draw(t, "values")
			var spoken []string
			if rapid.Bool().Draw(t, "say") {
				spoken = []string{rapid.SampledFrom([]string{"", "Ada", "Nyop"}).Draw(t, "spoken"), "", "", "", ""}
			}
			p.RowSaying(values, spoken, &out)
			p.RowSaying(values, spoken, &anew)
			if diff := cmp.Diff(whole(&anew), whole(&out)); diff != "" {
				t.Fatalf("%q, said as %q (-anew +remembered):\n%s", values, spoken, diff)
			}
			if diff := cmp.Diff(templates.NewAdvisor(p.Template()).Row(values), out.Advice, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%q: advice (-advisor +row):\n%s", values, diff)
			}
			out.NoBody = rapid.Bool().Draw(t, "no body")
			anew.NoBody = out.NoBody
		}
	})
}

// whole is all that a row's rendering says, without the memory it is in.
func whole(out *templates.Rendered) map[string]any {
	all := map[string]any{
		"problems": append([]problem.Problem{}, out.Problems...), "advice": append([]problem.Problem{}, out.Advice...), "body": string(out.Body),
		"seconds": out.Seconds, "fixed": out.Made.Fixed, "spoken": append([]templates.Spoken{}, out.Made.Spoken...), "fit": out.Tightest,
		"characters": out.Characters, "values": append([]string{}, out.Values()...), "said": append([]string{}, out.Spoken()...),
	}
	for i := range out.Values() {
		all[fmt.Sprint("json ", i)] = out.JSON(i)
	}
	return all
}

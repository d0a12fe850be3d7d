package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/reelmerge/reelmerge/report"
)

func TestJSONSaysTheSameAndControlsNoTerminal(t *testing.T) {
	for _, text := range append(hostile(), "Zoë 漢字 \U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e", "\u009b31m\u009d0;x\u009c", "\x7f", "\u202eevil\u2066", "\ufeff\u200b", "\U000e0041", "a\u2028b") {
		var b bytes.Buffer
		encoder := json.NewEncoder(report.JSONWriter(&b))
		encoder.SetIndent("", "  ")
		must(t, encoder.Encode(map[string]string{"value": text}))
		if i := strings.IndexFunc(b.String(), func(r rune) bool {
			return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}); i >= 0 {
			t.Errorf("%q is written with a control: %q", text, b.String())
		}
		var back map[string]string
		must(t, json.Unmarshal(b.Bytes(), &back))
		if want := strings.ToValidUTF8(text, "\ufffd"); back["value"] != want {
			t.Errorf("%q is read back as %q", want, back["value"])
		}
	}
	if got := string(report.EscapeJSON([]byte("\"\x9b\""))); got != `"\ufffd"` {
		t.Errorf("a byte that is no character: %q", got)
	}
	if plain := []byte(`{"name":"Zoë"}`); &report.EscapeJSON(plain)[0] != &plain[0] {
		t.Error("a harmless document was copied")
	}
}

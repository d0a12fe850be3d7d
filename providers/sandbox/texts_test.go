package sandbox

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheSharingPageSaysWhatTheRowSays: the test picture may have no room for all of it.
func TestTheSharingPageSaysWhatTheRowSays(t *testing.T) {
	for body, want := range map[string][]string{
		`{"videoCreative": {"scenes": [{"tracks": [{"type": "actor", "actor": "karen", "text": "Hello Zoë."}]}, {"tracks": [{"text": "Bye <b>"}]}]}}`: {"Hello Zoë.", "Bye <b>"},
		`{"templateJobId": "t", "templateVariables": {"plan": "Gold", "name": "Ada", "n": 3}}`:                                                        {"name: Ada", "plan: Gold"},
		`{"prompt": "a fox", "seed": 4, "image_url": "https://x.example/a.png"}`:                                                                      {"a fox"},
		`[]`: nil, `{`: nil,
	} {
		if diff := cmp.Diff(want, texts([]byte(body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	var page bytes.Buffer
	j := job{ID: "j1", Body: []byte(`{"prompt": "<script>x</script>"}`)}
	if err := template.Must(template.New("share").Parse(sharePage)).Execute(&page, shareValues(j)); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "&lt;script&gt;x") || strings.Contains(text, "<script>") {
		t.Error(text)
	}
}

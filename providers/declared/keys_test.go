package declared_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// keyedClient is the client of a description, and what its checker says.
func keyedClient(t *testing.T, text, operation string) (providers.Keyed, providers.Traits) {
	t.Helper()
	d, found := declared.Parse("test.service.yaml", []byte(text))
	if d == nil {
		t.Fatal(found)
	}
	s := service(t, d, nil)
	client, err := s.New(providers.Config{BaseURL: "http://127.0.0.1:8787", Token: "token", WebhookSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := s.NewChecker(operation, providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	keyed, has := providers.As[providers.Keyed](client)
	if !has {
		return nil, checker.Traits()
	}
	return keyed, checker.Traits()
}

// TestTheSameBytesHaveTheSameHash: all that goes out but the key is in it, wherever the key
// is put.
func TestTheSameBytesHaveTheSameHash(t *testing.T) {
	for _, in := range []string{"in: header\n          name: Idempotency-Key", "in: query\n          name: token", "in: body\n          name: /client_token"} {
		keyed, traits := keyedClient(t, strings.Replace(text(t, "heygen"), "in: header\n          name: Idempotency-Key", in, 1), "heygen/template")
		if traits.KeyHolds != 24*time.Hour {
			t.Errorf("%s: the key holds %s", in, traits.KeyHolds)
		}
		first := providers.Request{
			Operation: "heygen/template", Body: json.RawMessage(`{"template_id":"t","title":"Ada"}`), Reference: "r", Callback: "https://hooks.example.com", Key: "k",
		}
		seen := map[[32]byte]string{}
		for name, change := range map[string]func(*providers.Request){
			"as it was":    func(*providers.Request) {},
			"path":         func(r *providers.Request) { r.Body = json.RawMessage(`{"template_id":"u","title":"Ada"}`) },
			"body":         func(r *providers.Request) { r.Body = json.RawMessage(`{"template_id":"t","title":"Grace"}`) },
			"reference":    func(r *providers.Request) { r.Reference = "s" },
			"callback":     func(r *providers.Request) { r.Callback = "https://other.example.com" },
			"no callback":  func(r *providers.Request) { r.Callback = "" },
			"another body": func(r *providers.Request) { r.Body = json.RawMessage(`{"template_id":"t"}`) },
		} {
			r := first
			change(&r)
			hash, err := keyed.Sent(r)
			if err != nil || seen[hash] != "" {
				t.Errorf("%s: %s has the hash of %q, %v", in, name, seen[hash], err)
			}
			seen[hash] = name
		}
		other := first
		other.Key = "another"
		other.Body = json.RawMessage(`{"title":"Ada", "template_id":"t"}`) // the same members
		if hash, err := keyed.Sent(other); err != nil || seen[hash] != "as it was" {
			t.Errorf("%s: the key, or the order of members, changes the hash: %v", in, err)
		}
	}
}

// TestAFileThatChangedIsNoSameRequest: its bytes are part of what was sent.
func TestAFileThatChangedIsNoSameRequest(t *testing.T) {
	keyed, _ := keyedClient(t, strings.Replace(text(t, "talking-head"), "      lost:\n", `      lost:
        key: {in: header, name: Idempotency-Key, holds: 24h, stated: "vidgen API documentation"}
`, 1), "talking-head/job")
	picture, sound := filepath.Join(t.TempDir(), "a.png"), filepath.Join(t.TempDir(), "a.wav")
	media := func(part, path, kind, content string) providers.Media {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(content))
		return providers.Media{Part: part, Path: path, Type: kind, SHA256: hex.EncodeToString(sum[:])}
	}
	r := providers.Request{
		Operation: "talking-head/job", Body: json.RawMessage(`{"image":"a.png","audio":"a.wav"}`),
		Media: []providers.Media{media("image", picture, "image/png", png), media("audio", sound, "audio/wav", "RIFF")},
	}
	first, err := keyed.Sent(r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := keyed.Sent(r); err != nil || again != first {
		t.Errorf("the same files have another hash: %v", err)
	}
	if err := os.WriteFile(picture, []byte(png+"!"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyed.Sent(r); err == nil || !strings.Contains(err.Error(), "changed after the plan was made") {
		t.Errorf("a file that changed: %v", err)
	}
	r.Media[0] = media("image", picture, "image/png", png+"!")
	if other, err := keyed.Sent(r); err != nil || other == first {
		t.Errorf("another file has the same hash: %v", err)
	}
}

// TestAKeyNeedsTheVendorsWord: one that is not stated goes along, and settles nothing. A
// service without a key has none.
func TestAKeyNeedsTheVendorsWord(t *testing.T) {
	keyed, traits := keyedClient(t, strings.Replace(text(t, "heygen"), `stated: "heygen-com`, `stated: "I heard that heygen-com`, 1), "heygen/template")
	if keyed == nil || traits.KeyHolds != 0 {
		t.Errorf("not stated: %v, holds %s", keyed, traits.KeyHolds)
	}
	unstated := parse(t, strings.Replace(text(t, "heygen"), `stated: "heygen-com`, `stated: "I heard that heygen-com`, 1))
	d := unstated.Played()
	checker, err := service(t, d, nil).NewChecker("heygen/template", providers.Prices{})
	if err != nil || checker.Traits().KeyHolds != 24*time.Hour {
		t.Errorf("the simulator plays no key: %v", err)
	}
	for name, c := range map[string]struct {
		proof declared.Proof
		holds time.Duration
	}{
		"proven":                  {declared.Proof{Hash: unstated.Hash(), Key: declared.Holds}, 24 * time.Hour},
		"not known":               {declared.Proof{Hash: unstated.Hash(), Key: declared.Unclear}, 0},
		"ignored":                 {declared.Proof{Hash: unstated.Hash(), Key: declared.Ignored}, 0},
		"proven as it was before": {declared.Proof{Hash: "0", Key: declared.Holds}, 0},
		"nothing but its list":    {declared.Proof{Hash: unstated.Hash(), List: declared.Holds}, 0},
	} {
		known := unstated.Proven(map[string]declared.Proof{"heygen/template": c.proof})
		checker, err := service(t, known, nil).NewChecker("heygen/template", providers.Prices{})
		if err != nil || checker.Traits().KeyHolds != c.holds {
			t.Errorf("%s: %v, %v", name, checker.Traits().KeyHolds, err)
		}
	}
	if keyed, traits = keyedClient(t, text(t, "synthesia"), "synthesia/template"); keyed != nil || traits.KeyHolds != 0 {
		t.Errorf("no key: %v, holds %s", keyed, traits.KeyHolds)
	}
}

package colossyan_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// signature is computed here by itself, as the other side of the promise.
func signature(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func notifier(t testing.TB, secret string) *colossyan.Client {
	t.Helper()
	c, err := colossyan.New(providers.Config{Token: canary, WebhookSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// COL-G9, COL-G10: both editions, in which videoUrl is a page and url a file.
func TestCallbacksOfBothEditionsAreRead(t *testing.T) {
	ours := `"rm":"` + reference + `","sig":"` + signature("k", reference) + `"`
	for text, want := range map[string]providers.Progress{
		`"status":"finished","url":"https://f","videoUrl":"https://p","shareUrl":"https://s"`: {Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://f", ShareURL: "https://s"}},
		`"status":"finished","url":"https://f","videoUrl":"https://p"`:                        {Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://f", ShareURL: "https://p"}},
		`"url":"https://f","shareUrl":"https://s"`:                                            {Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://f", ShareURL: "https://s"}},
		`"status":"failed","url":null`:                                                        {Outcome: providers.Failed},
		`"status":"finished","url":null`:                                                      {Outcome: providers.Running},
		`"status":"generating"`:                                                               {Outcome: providers.Running},
		`"status":"weird","url":"https://f"`:                                                  {Outcome: providers.Running, Strange: "weird", Result: job.Result{VideoURL: "https://f"}},
		`"Status":"failed","URL":"https://evil","RM":"x","url":"https://f"`:                   {Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://f"}},
		`"status":"finished","url":"javascript:alert(1)"`:                                     {Outcome: providers.Running},
		`"status":"fin\u001bished"`:                                                           {Outcome: providers.Running, Strange: "finished"},
		`"status":7,"url":{"a":1}`:                                                            {Outcome: providers.Running, Strange: "no status"},
	} {
		notice, err := notifier(t, "k").Notify(nil, nil, []byte(`{`+ours+`,"name":"Ada",`+text+`}`))
		if diff := cmp.Diff(providers.Notice{Reference: reference, Authentic: true, Progress: want}, notice); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

// COL-B6.
func TestAForgedCallbackIsAnError(t *testing.T) {
	good := signature("k", reference)
	for name, text := range map[string]string{
		"no signature":      `{"rm":"` + reference + `"}`,
		"another row":       `{"rm":"` + reference + `0","sig":"` + good + `"}`,
		"another secret":    `{"rm":"` + reference + `","sig":"` + signature("other", reference) + `"}`,
		"cut signature":     `{"rm":"` + reference + `","sig":"` + good[:62] + `"}`,
		"no reference":      `{"sig":"` + signature("k", "") + `"}`,
		"empty reference":   `{"rm":"","sig":"` + signature("k", "") + `"}`,
		"reference no text": `{"rm":["` + reference + `"],"sig":"` + good + `"}`,
	} {
		if notice, err := notifier(t, "k").Notify(nil, nil, []byte(text)); !errors.Is(err, colossyan.ErrForged) {
			t.Errorf("%s: %+v, %v; want ErrForged", name, notice, err)
		}
	}
	for _, text := range []string{"", "null", "[]", "{", "7", `{"rm":"` + strings.Repeat("x", 2<<20) + `"}`} {
		if _, err := notifier(t, "k").Notify(nil, nil, []byte(text)); err == nil {
			t.Errorf("%.20q is no callback", text)
		}
	}
	upper := `{"rm":"` + reference + `","sig":"` + strings.ToUpper(good) + `"}`
	if _, err := notifier(t, "k").Notify(nil, nil, []byte(upper)); err != nil {
		t.Errorf("upper case: %v", err)
	}
}

func TestWithoutASecretACallbackIsAHint(t *testing.T) {
	notice, err := notifier(t, "").Notify(nil, nil, []byte(`{"rm":"`+reference+`","status":"failed"}`))
	if err != nil || notice.Authentic || notice.Reference != reference {
		t.Errorf("%+v, %v", notice, err)
	}
}

func FuzzNotifyTrustsOnlyOurSignature(f *testing.F) {
	f.Add([]byte(`{"rm":"a","sig":"b","status":"finished","url":"https://f"}`))
	f.Add([]byte(`{"rm":"` + reference + `","sig":"` + signature("k", reference) + `"}`))
	f.Add([]byte(`null`))
	c := notifier(f, "k")
	f.Fuzz(func(t *testing.T, data []byte) {
		notice, err := c.Notify(nil, nil, data)
		if err == nil && (!notice.Authentic || !strings.Contains(strings.ToLower(string(data)), signature("k", notice.Reference))) {
			// A signature may be written with escapes; nothing else excuses it.
			if !strings.Contains(string(data), `\u`) {
				t.Errorf("%q passes as %+v", data, notice)
			}
		}
	})
}

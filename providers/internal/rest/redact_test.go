package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

func TestForeignWordsAreMadeFitToShow(t *testing.T) {
	c := clientOf(t, providers.Config{
		BaseURL: "https://api.example.com", Token: canary, WebhookSecret: "webhook secret/1",
		Header: http.Header{"Cookie": {"session=abcdef"}},
	}, rest.Options{})
	for text, want := range map[string]string{
		canary[:6] + "\x00" + canary[6:] + " \u200bhere": "[hidden] here",
		"Ada\n Lovelace":                               "[hidden]",
		"plain words":                                  "plain words",
		"token " + canary + " is bad":                  "token [hidden] is bad",
		"Bearer abcdefgh is bad":                       "Bearer [hidden] is bad",
		"webhook secret/1 webhook+secret%2F1":          "[hidden] [hidden]",
		"cookie session=abcdef":                        "cookie [hidden]",
		"get https://x.example/a?sig=1&b=2 failed":     "get https://x.example/a?[hidden] failed",
		"get https://ada:pass@x.example/a":             "get https://x.example/a",
		`{"api_key":"12345678"}`:                       `{"api_key":"[hidden]"}`,
		"password=hunter2, try again":                  "password=[hidden], try again",
		"Ada Lovelace of Adaville, ada":                "[hidden] of Adaville, ada",
		"line\nbreak\tand\x1b[31m colour\u202e turned": "line break and[31m colour turned",
		"\xff\xfebad bytes":                            "bad bytes",
		"":                                             "",
	} {
		if got := c.Clean(text, "Ada", "Ada Lovelace", "", "x"); got != want {
			t.Errorf("Clean(%q) =\n\t%q, want\n\t%q", text, got, want)
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	c := clientOf(t, providers.Config{BaseURL: "https://api.example.com"}, rest.Options{})
	if got := c.Clean(strings.Repeat("ä", 1<<20)); utf8.RuneCountInString(got) > 301 || !utf8.ValidString(got) {
		t.Errorf("%d characters are shown", utf8.RuneCountInString(got))
	}
}

func TestTheServicesWordsAreFoundInEveryUsualForm(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"no such template"}`:                "no such template",
		`{"error":"no such template"}`:                  "no such template",
		`{"error":{"message":"bad","details":{"a":1}}}`: "bad",
		`{"errors":[{"message":"one"},"two",{"x":1}]}`:  "one; two",
		`{"success":false,"error":{"details":"why"}}`:   "why",
		`"a bare text"`:  "a bare text",
		`a plain text`:   "a plain text",
		`{"status":400}`: "Bad Request",
		``:               "Bad Request",
		`{"a":{"b":1}}`:  "Bad Request",
		`{"error":{"error":{"error":{"error":{"error":"deep"}}}}}`: "Bad Request",
		`{"message":"Ada is no name"}`:                             "[hidden] is no name",
	} {
		c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			answer(t, w, body)
		})
		call := submit()
		call.Private = []string{"Ada"}
		if diff := cmp.Diff(want, failed(t, c, call).Message); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", body, diff)
		}
	}
}

func FuzzWordsNeverShowSecrets(f *testing.F) {
	f.Add(`{"error":"Bearer `+canary+`"}`, "Ada")
	f.Add("https://x.example/?a="+canary, canary)
	f.Add("\x1b]0;title\x07 \u202e", "")
	c, err := rest.New(providers.Config{BaseURL: "https://api.example.com", Token: canary}, rest.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		got := c.Clean(text, value)
		if strings.Contains(got, canary) || strings.ContainsAny(got, "\x1b\n\r\x00\u202e") || !utf8.ValidString(got) {
			t.Errorf("Clean(%q, %q) = %q", text, value, got)
		}
	})
}

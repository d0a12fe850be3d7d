package campaign_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/problem"
)

const minimalCampaign = "rows: {file: a.csv}\ntemplate: t.json\n"

// TestLiteralSecretOnTheCommandLineIsRefused and is shown nowhere.
func TestLiteralSecretOnTheCommandLineIsRefused(t *testing.T) {
	for _, set := range []string{
		"provider.token=sesame", "provider.token='sesame'", " provider.token = sesame", "provider={token: sesame}", "provider={name: colossyan, headers: {X-A: sesame}}",
		"provider.headers.X-Key=sesame", "provider.headers={X-Key: sesame}", "webhook.secret=sesame", "webhook={secret: sesame}",
		"provider.token=sesame${NOTHING}", "provider.token=${A}sesame", "provider.headers.Authorization=Bearer sesame", "provider.token=[sesame]",
		"provider.headers.Authorization=sesame${NOTHING}", "provider.token={sesame: sesame}", "provider={token: sesame", "provider={token: \"sesame}", "provider={token: &a sesame}", "provider={token: sesame, token: ${A}}", "provider.headers.Cookie=session=sesame",
	} {
		for _, more := range [][]string{{set}, {set, "provider.token=${OK}"}, {"provider.token=${OK}", set}} {
			c, problems := campaign.Parse("c.yaml", []byte(minimalCampaign), more)
			if c != nil || len(problems) == 0 {
				t.Errorf("%q is taken: %v", more, problems)
			}
			if said := fmt.Sprintf("%+v", problems); strings.Contains(strings.ReplaceAll(said, "{sesame", ""), "sesame") && !strings.Contains(set, "{sesame:") {
				t.Errorf("%q: the secret is said: %s", more, said)
			}
		}
	}
	_, problems := campaign.Parse("c.yaml", []byte(minimalCampaign), []string{"provider.token=sesame"})
	if len(problems) != 1 || problems[0].Code != "CMP-SECRET" || problems[0].Severity != problem.Error ||
		!strings.Contains(problems[0].Hint, "--set 'provider.token=${NAME}'") || !strings.Contains(problems[0].Hint, "token_file") {
		t.Errorf("%+v", problems)
	}
}

// TestReferenceOnTheCommandLineIsTaken.
func TestReferenceOnTheCommandLineIsTaken(t *testing.T) {
	for _, set := range []string{
		"provider.token=${TOKEN}", "provider.headers.Authorization=Bearer ${TOKEN}", "provider.headers={X-Key: \"${A}${B}\"}",
		"webhook={secret: \"${S}\", url: \"https://h.example.com/\", listen: \":1\"}", "provider.token_file=token.txt", "provider.token=",
	} {
		if _, problems := campaign.Parse("c.yaml", []byte(minimalCampaign), []string{set}); len(problems) != 0 {
			t.Errorf("%q: %+v", set, problems)
		}
	}
}

// TestSecretInTheFileIsNotSaved: it works, with a warning, and stays behind.
func TestSecretInTheFileIsNotSaved(t *testing.T) {
	c, problems := campaign.Parse("c.yaml", []byte(minimalCampaign+"provider: {token: sesame}\n"), nil)
	if len(problems) != 1 || problems[0].Code != "CMP-SECRET" || problems[0].Severity != problem.Warning {
		t.Fatal(problems)
	}
	if data, err := c.Encode("new.yaml"); err != nil || strings.Contains(string(data), "sesame") {
		t.Errorf("%v\n%s", err, data)
	}
}

// TestWordWithoutAnEqualsSignIsNotShown: the word may be the secret itself.
func TestWordWithoutAnEqualsSignIsNotShown(t *testing.T) {
	_, problems := campaign.Parse("c.yaml", []byte(minimalCampaign), []string{"sesame", "provider.token:sesame"})
	if said := fmt.Sprintf("%+v", problems); len(problems) != 2 || strings.Contains(said, "sesame") {
		t.Error(said)
	}
}

// TestAddressIsShownWithoutWhatMayBeSecret in problems and in the settings.
func TestAddressIsShownWithoutWhatMayBeSecret(t *testing.T) {
	for _, text := range []string{
		"provider: {base_url: \"https://user:sesame@h.example.com\"}", "provider: {base_url: \"user:sesame@h.example.com\"}",
		"provider: {base_url: \"https://h.example.com?key=sesame\"}", "provider: {base_url: \"h.example.com/?key=sesame\"}",
		"provider: {base_url: \"https://u:sesame@h.example.com/${X}\"}", "webhook: {url: \"https://user:sesame@h.example.com/\", listen: \":1\"}",
		"webhook: {url: \"https://h.example.com/in?key=sesame\"}", "webhook: {url: \"https://h.example.com/in?key=sesame\", listen: \":1\"}",
		"webhook: {url: \"user:sesame@h.example.com\", listen: \":1\"}", "provider: {paths: {list: \"/list?key=sesame\"}}",
	} {
		c, problems := campaign.Parse("c.yaml", []byte(minimalCampaign+text+"\n"), nil)
		said := fmt.Sprintf("%+v", problems)
		if c != nil {
			said += fmt.Sprintf("%+v", c.Settings())
		}
		if strings.Contains(said, "sesame") {
			t.Errorf("%s: %s", text, said)
		}
	}
	c, problems := campaign.Parse("c.yaml", []byte(minimalCampaign+"webhook: {url: \"https://h.example.com/in?key=sesame\", listen: \":1\"}\n"), nil)
	if len(problems) > 0 || c.Webhook.URL != "https://h.example.com/in?key=sesame" {
		t.Fatalf("%+v", problems)
	}
	for _, s := range c.Settings() {
		if s.Field == "webhook.url" && s.Value != "https://h.example.com/in?redacted" {
			t.Errorf("%+v", s)
		}
	}
}

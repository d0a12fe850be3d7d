package campaign_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
)

// full says everything a campaign can say, in the words of the documentation.
const full = `name: spring-renewals            # default: the file's name
rows:
  file: customers.xlsx
  sheet: Customers
  header_row: 2
  key: Customer ID
  where: Country == "DE"
  encoding: windows-1252
  delimiter: ";"
  hidden: skip
  dates: "2 January 2006"
  duplicates: refuse
  address: E-Mail
locale: en-GB
template: welcome.template.json
variables:
  name: First Name
  amount: {column: Amount, format: "€#,##0.00"}
  greeting: {expr: 'first_name == "" ? "there" : first_name'}
  city: {column: City, transform: [trim, title], default: your city}
  sender: {value: Ana}
  zip: 07501
provider:
  name: colossyan
  base_url: https://api.example.com/v1/
  token: ${COLOSSYAN_TOKEN}
  headers: {X-Team: "${TEAM}"}
  sandbox: false
limits: {submits: [30/m, 1000/d], requests: 600/m, active: 5, poll: {first: 15s, max: 60s}, deadline: 2h, stop_at: "06:00"}
budget: {limit: 120, unit: minutes}
prices: {unit: minutes, per_minute: 1, per_job: 0, table: prices.csv, currency: EUR, per_unit: 0.85, as_of: 2026-11-01}
output: {dir: out/spring-renewals, download: false, filename: "{key}.mp4", public: https://cdn.example.com/spring}
webhook: {url: https://hooks.example.com/reelmerge, listen: ":8080", secret: ${WEBHOOK_SECRET}}
store: {url: "${REELMERGE_STORE}", ledger: spring-2026}
`

func TestEveryKeyOfACampaignIsRead(t *testing.T) {
	c := mustParse(t, full)
	one, none, price := credit.Of(1), credit.Amount(0), credit.Amount(850_000)
	want := &campaign.File{
		Name: "spring-renewals", Path: "work/spring.yaml", Dir: "work", Locale: "en-GB",
		Rows: campaign.Rows{File: in("customers.xlsx"), Sheet: "Customers", HeaderRow: 2, Key: "Customer ID", Where: `Country == "DE"`,
			Encoding: "windows-1252", Delimiter: ";", Hidden: "skip", Dates: "2 January 2006", Duplicates: "refuse", Address: "E-Mail"},
		Template: in("welcome.template.json"),
		Variables: map[string]campaign.Variable{
			"name":     {Source: campaign.Source{Column: "First Name"}, Line: 17, Column: 3},
			"amount":   {Source: campaign.Source{Column: "Amount", Format: "€#,##0.00"}, Line: 18, Column: 3},
			"greeting": {Source: campaign.Source{Expr: `first_name == "" ? "there" : first_name`}, Line: 19, Column: 3},
			"city": {Source: campaign.Source{Column: "City", Transform: []string{"trim", "title"}, Default: "your city", HasDefault: true},
				Line: 20, Column: 3},
			"sender": {Source: campaign.Source{Value: "Ana", HasValue: true}, Line: 21, Column: 3},
			"zip":    {Source: campaign.Source{Column: "07501"}, Line: 22, Column: 3},
		},
		Provider: campaign.Provider{Name: "colossyan", BaseURL: "https://api.example.com/v1",
			Token: campaign.NewSecret("${COLOSSYAN_TOKEN}"), Headers: map[string]campaign.Secret{"X-Team": campaign.NewSecret("${TEAM}")}},
		Limits: campaign.Limits{
			Submits:  []campaign.Window{{Count: 30, Per: time.Minute}, {Count: 1000, Per: 24 * time.Hour}},
			Requests: campaign.Window{Count: 600, Per: time.Minute}, Active: 5,
			Poll:     campaign.Poll{First: 15 * time.Second, Max: time.Minute},
			Deadline: 2 * time.Hour, StopAt: &campaign.ClockTime{Hour: 6},
		},
		Budget: &campaign.Budget{Limit: credit.Of(120), Unit: "minutes"},
		Prices: campaign.Prices{Unit: "minutes", PerMinute: &one, PerJob: &none, Table: in("prices.csv"),
			Currency: "EUR", PerUnit: &price, AsOf: "2026-11-01"},
		Output: campaign.Output{Dir: in("out/spring-renewals"), Filename: "{key}.mp4", Public: "https://cdn.example.com/spring/"},
		Webhook: campaign.Webhook{URL: "https://hooks.example.com/reelmerge", Listen: ":8080",
			Secret: campaign.NewSecret("${WEBHOOK_SECRET}")},
		Store: campaign.Store{URL: campaign.NewSecret("${REELMERGE_STORE}"), Ledger: "spring-2026"},
	}
	compareSecrets := cmp.Comparer(func(a, b campaign.Secret) bool { return a.Reveal() == b.Reveal() })
	hidden := cmpopts.IgnoreUnexported(campaign.File{}, campaign.Variable{})
	if diff := cmp.Diff(want, c, compareSecrets, hidden); diff != "" {
		t.Errorf("campaign (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"name", "amount", "greeting", "city", "sender", "zip"}, c.Names()); diff != "" {
		t.Errorf("order of variables (-want +got):\n%s", diff)
	}
}

func TestDefaultsOfASilentCampaign(t *testing.T) {
	c := mustParse(t, minimal)
	if c.Name != "spring" || c.Locale != "en" || c.Budget != nil || c.Provider.Sandbox.On {
		t.Errorf("name %q, locale %q, budget %v, sandbox %v", c.Name, c.Locale, c.Budget, c.Provider.Sandbox.On)
	}
	if diff := cmp.Diff(campaign.Rows{File: in("a.csv"), Hidden: "keep", Duplicates: "warn"}, c.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(campaign.Output{Dir: in("out/spring"), Download: true, Filename: "{key}.mp4"}, c.Output); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(campaign.Limits{}, c.Limits); diff != "" {
		t.Errorf("limits the service decides must stay unset (-want +got):\n%s", diff)
	}
}

func TestSandboxDefaultsFillOnlyWhatTheFileLeavesOpen(t *testing.T) {
	c := mustParse(t, minimal+"provider: {sandbox: {render: 200ms, faults: \"429=10%\", seed: 7}}\nlimits: {active: 3, poll: {max: 20ms}}\n")
	want := campaign.Limits{Submits: []campaign.Window{{Count: 1000, Per: time.Second}}, Active: 3,
		Poll: campaign.Poll{First: 20 * time.Millisecond, Max: 20 * time.Millisecond}}
	if diff := cmp.Diff(want, c.Limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	box := campaign.Sandbox{On: true, Render: 200 * time.Millisecond, Faults: "429=10%", Seed: 7}
	if diff := cmp.Diff(box, c.Provider.Sandbox); diff != "" {
		t.Errorf("sandbox (-want +got):\n%s", diff)
	}
	c = mustParse(t, minimal+"provider: {sandbox: {render: 200ms}}\n", "provider.sandbox=true")
	if c.Provider.Sandbox != (campaign.Sandbox{On: true, Render: 200 * time.Millisecond}) {
		t.Errorf("--sandbox must keep what the file says about it, got %+v", c.Provider.Sandbox)
	}
	c = mustParse(t, minimal+"provider: {sandbox: {render: 200ms}}\n", "provider.sandbox=false")
	if c.Provider.Sandbox.On {
		t.Error("the sandbox must be switched off")
	}
	c = mustParse(t, minimal+"provider: {sandbox: true}\n")
	if c.Limits.Active != 64 || c.Limits.Poll != (campaign.Poll{First: 50 * time.Millisecond, Max: time.Second}) {
		t.Errorf("limits on the sandbox: %+v", c.Limits)
	}
}

func TestOverridesWinOverTheFile(t *testing.T) {
	c := mustParse(t, full, "limits.active=3", "limits.submits=[5/s]", "provider.sandbox=true", `rows.where=City == "x: y" ? true : false`,
		"budget=", "variables.sender.value=\"\"", "variables.name=Vorname", "limits.poll={first: 1s, max: 2s}")
	if c.Limits.Active != 3 || !c.Provider.Sandbox.On || c.Rows.Where != `City == "x: y" ? true : false` {
		t.Errorf("active %d, sandbox %v, where %q", c.Limits.Active, c.Provider.Sandbox.On, c.Rows.Where)
	}
	if diff := cmp.Diff([]campaign.Window{{Count: 5, Per: time.Second}}, c.Limits.Submits); diff != "" {
		t.Error(diff)
	}
	if v := c.Variables["sender"]; !v.HasValue || v.Value != "" || c.Variables["name"].Source.Column != "Vorname" {
		t.Errorf("variables %+v", c.Variables)
	}
	if c.Limits.Poll.First != time.Second || c.Limits.Poll.Max != 2*time.Second {
		t.Errorf("poll %+v", c.Limits.Poll)
	}
	if c.Budget != nil {
		t.Errorf("an empty override takes the budget away, got %+v", c.Budget)
	}
}

func TestTextKeepsItsSpelling(t *testing.T) {
	for yaml, want := range map[string]string{
		"07501": "07501", "1.10": "1.10", "1_000": "1_000", "0x1F": "0x1F", "1e3": "1e3", "+5": "+5", ".5": ".5", "-0": "-0", "0o17": "0o17", "0b1": "0b1",
		"true": "true", "True": "True", "yes": "yes", "no": "no", "2026-11-01": "2026-11-01", "06:00": "06:00", ".inf": ".inf", ".nan": ".nan",
		"'it''s'": "it's", `"a\tb"`: "a\tb", "a # note": "a", "x#y": "x#y", "ä ö": "ä ö", "1,5": "1,5",
		"12345678901234567890123": "12345678901234567890123",
	} {
		c := mustParse(t, minimal+"variables:\n  v:\n    value: "+yaml+"\n")
		if got := c.Variables["v"].Value; got != want {
			t.Errorf("%s became %q, want %q", yaml, got, want)
		}
	}
	if c := mustParse(t, minimal+"limits: {stop_at: 06:30}\n"); c.Limits.StopAt == nil || c.Limits.StopAt.String() != "06:30" {
		t.Errorf("stop_at without quotes: %v", c.Limits.StopAt)
	}
	for _, nothing := range []string{"~", "null", "Null", ""} {
		c, problems := campaign.Parse("x.yaml", []byte(minimal+"name: "+nothing+"\n"), nil)
		if c == nil || c.Name != "x" {
			t.Errorf("name: %s must be no name, got %+v %v", nothing, c, problems)
		}
	}
}

func TestASheetStandsInForACampaign(t *testing.T) {
	c, problems := campaign.ForSheet("data/customers.xlsx", "welcome.json", "Customer ID", []string{"provider.sandbox=true"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := []string{c.Name, c.Rows.File, c.Rows.Key, c.Template, c.Output.Dir}
	want := []string{"customers", filepath.FromSlash("data/customers.xlsx"), "Customer ID", "welcome.json", filepath.FromSlash("out/customers")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, problems := campaign.ForSheet("customers.xlsx", "", "", nil); len(problems) != 1 || problems[0].Code != "CMP-MISSING" {
		t.Errorf("without a template: %v", problems)
	}
}

func TestASavedCampaignMeansTheSame(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c, problems := campaign.ForSheet("data/customers.xlsx", "welcome.json", "yes", []string{
		"limits.submits=[30/m, 1000/d]", "provider.token=${TOKEN}", "webhook.secret=${HOOK}", "webhook.url=https://h.example.com/", "webhook.listen=:8080", "variables.x.value='07501'", "name=123"})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	path := filepath.Join("campaigns", "new.yaml")
	data, err := c.Encode(path)
	if err != nil {
		t.Fatal(err)
	}
	again, problems := campaign.Parse(path, data, nil)
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, data)
	}
	c.Path, c.Dir = again.Path, again.Dir
	opts := []cmp.Option{cmpopts.IgnoreUnexported(campaign.File{}, campaign.Variable{}), cmpopts.IgnoreFields(campaign.Variable{}, "Line", "Column"),
		cmp.Comparer(func(a, b campaign.Secret) bool { return a.Reveal() == b.Reveal() })}
	if diff := cmp.Diff(c, again, opts...); diff != "" {
		t.Errorf("saved campaign (-want +got):\n%s\n%s", diff, data)
	}
}

func TestLoadReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "may.yaml")
	if err := os.WriteFile(path, []byte("\ufeff"+strings.ReplaceAll(minimal, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := campaign.Load(path, nil)
	if len(problems) > 0 || c.Name != "may" || c.Rows.File != filepath.Join(filepath.Dir(path), "a.csv") {
		t.Errorf("%+v %v", c, problems)
	}
	if _, problems := campaign.Load(path+"x", nil); len(problems) != 1 || problems[0].Code != "CMP-FILE" {
		t.Errorf("missing file: %v", problems)
	}
}

const minimal = "rows: {file: a.csv}\ntemplate: t.json\n"

func in(path string) string { return filepath.Join("work", filepath.FromSlash(path)) }

func mustParse(t *testing.T, text string, sets ...string) *campaign.File {
	t.Helper()
	c, problems := campaign.Parse("work/spring.yaml", []byte(text), sets)
	if c == nil || len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return c
}

func TestSettingsSayWhereAValueComesFrom(t *testing.T) {
	c := mustParse(t, full, "limits.active=3")
	got := map[string]campaign.Setting{}
	for _, s := range c.Settings() {
		if _, twice := got[s.Field]; twice {
			t.Errorf("%s is listed twice", s.Field)
		}
		got[s.Field] = s
	}
	want := []campaign.Setting{
		{Field: "rows.header_row", Value: "2", From: "spring.yaml:5"},
		{Field: "limits.active", Value: "3", From: "--set limits.active"},
		{Field: "limits.submits", Value: "30/m, 1000/d", From: "spring.yaml:29"},
		{Field: "prices.per_job", Value: "0", From: "spring.yaml:31"},
		{Field: "provider.token", Value: "redacted", From: "spring.yaml:26"},
		{Field: "provider.headers.X-Team", Value: "redacted", From: "spring.yaml:27"},
		{Field: "provider.token_file", Value: "", From: "default"},
		{Field: "variables.city", Value: `column "City", transform trim, title, default "your city"`, From: "spring.yaml:20"},
	}
	for _, w := range want {
		if diff := cmp.Diff(w, got[w.Field], cmpopts.IgnoreUnexported(campaign.Setting{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.Field, diff)
		}
	}
	c = mustParse(t, minimal+"provider: {sandbox: true}")
	at := slices.IndexFunc(c.Settings(), func(s campaign.Setting) bool { return s.Field == "limits.active" })
	if s := c.Settings()[at]; s.Value != "64" || s.From != "default on the sandbox" {
		t.Errorf("active on the sandbox: %+v", s)
	}
}

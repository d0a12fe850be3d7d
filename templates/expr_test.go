package templates_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/templates"
)

func sheet() (columns, cells []string) {
	return []string{"First Name", "Country", "Amount", "Due Date", "Name", "name", "First", "Date", "2nd", "E-Mail (privat)"},
		[]string{"Ada Lovelace", "DE", "1,234.50", "2026-03-31", "Upper", "lower", "first!", "a date", "second", "ada@example.org"}
}

func TestExpressions(t *testing.T) {
	columns, cells := sheet()
	tests := []struct{ source, want string }{
		{`first_name == "" ? "there" : first_name`, "Ada Lovelace"},
		{`row["First Name"]`, "Ada Lovelace"},
		{`row["first name"]`, "Ada Lovelace"},
		{`Country`, "DE"},
		{`country + "!"`, "DE!"},
		{`Name + name`, "Upperlower"},
		{`_2nd`, "second"},
		{`e_mail_privat`, "ada@example.org"},
		{`first`, "first!"},
		{`first(split(first_name, " "))`, "Ada"},
		{`row["Date"]`, "a date"},
		{`number(amount) * 2`, "2469"},
		{`number("0.1") + number("0.2")`, "0.3"},
		{`number(amount) > 1000 ? "gold" : "silver"`, "gold"},
		{`format(number(amount) / 3, "€#,##0.00")`, "€411.50"},
		{`date(due_date) < date("2026-04-01")`, "true"},
		{`format(date(due_date), "2 January 2006")`, "31 March 2026"},
		{`date(due_date).AddDate(0, 0, 1)`, "2026-04-01"},
		{`year(date(due_date)) + month(date(due_date)) + day(date(due_date))`, "2060"},
		{`upper(first_word(first_name))`, "ADA"},
		{`join(map(split(first_name, " "), upper(#)), "_")`, "ADA_LOVELACE"},
		{`replace(country, "DE", "Germany")`, "Germany"},
		{`let n = first_word(first_name); "Dear " + n`, "Dear Ada"},
		{`if country == "DE" { "Hallo" } else { "Hello" }`, "Hallo"},
		{`first_name matches "^A.*e$"`, "true"},
		{`country in ["DE", "AT"]`, "true"},
		{`digits("a1b2")`, "12"},
		{`nil`, ""},
		{`7 / 2`, "3.5"},
		{`len("größe")`, "5"},
		{`left("größe", 3) + right("größe", 2) + left("a", 9) + left("a", -1)`, "größe" + "a"},
	}
	for _, tt := range tests {
		got, problems := bindOne(t, "", templates.Source{Expr: tt.source}, columns, cells)
		if got != tt.want || len(problems) > 0 {
			t.Errorf("%s: got %q, want %q %v", tt.source, got, tt.want, problems)
		}
	}
}

func TestComputedNumbersAreNoThousands(t *testing.T) {
	got, problems := bindOne(t, "de", templates.Source{Expr: `format(number(v) / 1000, "0.000")`}, []string{"v"}, []string{"1234"})
	if got != "1,234" || len(problems) > 0 {
		t.Errorf("got %q %v", got, problems)
	}
	got, problems = bindOne(t, "de", templates.Source{Expr: `number(v) / 1000`, Format: "0.000"}, []string{"v"}, []string{"1234"})
	if got != "1,234" || len(problems) > 0 {
		t.Errorf("through the mapping's format: got %q %v", got, problems)
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	columns, _ := sheet()
	tests := []struct{ source, says string }{
		{`frist_name`, "did you mean first_name?"},
		{`uper(country)`, "did you mean upper?"},
		{`row["Frist Name"]`, `did you mean "First Name"?`},
		{`row[country]`, "in quotes"},
		{`first_name +`, "at character"},
		{`now()`, "now"},
		{`date()`, "date"},
		{`timezone("Europe/Berlin")`, "timezone"},
		{`keys(row)`, "keys"},
		{`repeat("a", 10)`, "repeat"},
		{`toJSON(row)`, "toJSON"},
		{`1..1000000000`, "ranges"},
		{`all(split(country, ""), any(split(country, ""), true))`, "loop inside a loop"},
		{`date(due_date).Local()`, "Local"},
		{`date(due_date).Location()`, "Location"},
		{`country * 2`, "mismatched"},
		{`number(amount) + country`, "mismatched"},
		{strings.Repeat("a", 5000), "4096"},
		{strings.Repeat("(", 3000), "not usable"},
		{strings.Repeat("1+", 2000) + "1", "not usable"},
		{`$env`, "$env"},
		{`country[0:1]`, "left(text, 3)"},
	}
	for _, tt := range tests {
		b, problems := templates.NewBinder(columns, strs("v"), templates.Mapping{Sources: map[string]templates.Source{"v": {Expr: tt.source}}})
		if b != nil || len(problems) != 1 {
			t.Errorf("%.60s: accepted or several problems: %v", tt.source, problems)
			continue
		}
		if p := problems[0]; !strings.Contains(p.Message+" | "+p.Hint, tt.says) || strings.Contains(p.Message, "\n") {
			t.Errorf("%.60s: %q | %q does not say %q", tt.source, p.Message, p.Hint, tt.says)
		}
	}
}

func TestExpressionsThatStopAtARow(t *testing.T) {
	tests := []struct{ source, cell, says string }{
		{`number(v)`, "twelve", `"twelve" is not a number`},
		{`number(v)`, "", "not a number"},
		{`date(v) < date("2026-01-01")`, "soon", "not a date"},
		{`number("1") / (number(v) - number(v))`, "1", "neither a text nor a number"},
		{`split(v, ",")`, "a,b", "neither a text nor a number"},
		{`split(v, ",")[3]`, "a,b", "out of range"},
		{`replace(v, "", v)`, strings.Repeat("x", 30_000), "too long"},
		{`join(map(split(v, ","), v), "")`, strings.Repeat("x,", 200), "too long"},
		{`join(split(v, ""), "")`, strings.Repeat("x", 30_000), "500 parts"},
		{`v + v + v`, strings.Repeat("x", 30_000), "65536"},
	}
	for _, tt := range tests {
		start := time.Now()
		got, problems := bindOne(t, "", templates.Source{Expr: tt.source}, []string{"v"}, []string{tt.cell})
		if got != "" || len(problems) != 1 || problems[0].Variable != "v" {
			t.Errorf("%s of %.20q: got %.40q %v", tt.source, tt.cell, got, problems)
			continue
		}
		if p := problems[0]; !strings.Contains(p.Message+" | "+p.Hint, tt.says) || strings.Contains(p.Message, "\n") {
			t.Errorf("%s: %q | %q does not say %q", tt.source, p.Message, p.Hint, tt.says)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %s", tt.source, took)
		}
	}
}

func TestExpressionsDoNotDependOnTheMachine(t *testing.T) {
	columns, cells := sheet()
	source := templates.Source{Expr: `string(date(due_date)) + join(uniq(sort(split(first_name, ""))), "")`}
	first, problems := bindOne(t, "", source, columns, cells)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Setenv("TZ", "Pacific/Kiritimati")
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	time.Local = time.FixedZone(os.Getenv("TZ"), 14*3600)
	for range 20 {
		if again, _ := bindOne(t, "", source, columns, cells); again != first {
			t.Fatalf("first %q, then %q", first, again)
		}
	}
}

func TestColumnsOfAnExpressionAreKnown(t *testing.T) {
	columns, _ := sheet()
	b, problems := templates.NewBinder(columns, strs("v"), templates.Mapping{
		Sources: map[string]templates.Source{"v": {Expr: `let x = country; row["Amount"] + x + first_name + upper(x)`}}})
	if b == nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]int{0, 1, 2}, b.Columns(0)); diff != "" {
		t.Error(diff)
	}
}

func TestBindIsSafeForConcurrentUse(t *testing.T) {
	columns, _ := sheet()
	b, problems := templates.NewBinder(columns, strs("v"), templates.Mapping{
		Sources: map[string]templates.Source{"v": {Expr: `row["First Name"] + country + string(number(amount))`}}})
	if b == nil {
		t.Fatal(problems)
	}
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			values := make([]string, 1)
			for range 500 {
				if p := b.Bind(values, []string{name, name, "1"}); len(p) > 0 || values[0] != name+name+"1" {
					t.Errorf("%q became %q %v", name, values[0], p)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestFilterKeepsRows(t *testing.T) {
	columns, cells := sheet()
	for source, want := range map[string]bool{
		"": true, `Country == "DE"`: true, `country != "DE"`: false, `number(Amount) > 1000 and row["First Name"] contains "Ada"`: true,
		`not (first_name startsWith "Ada")`: false,
	} {
		f, problems := templates.NewFilter(columns, source)
		if f == nil {
			t.Fatalf("%s: %v", source, problems)
		}
		if keep, p := f.Keep(cells); keep != want || p != nil {
			t.Errorf("%s: %v %v", source, keep, p)
		}
	}
	for _, source := range []string{`country`, `number(amount)`, `contry == "DE"`, `"x"`} {
		if f, problems := templates.NewFilter(columns, source); f != nil || len(problems) != 1 {
			t.Errorf("%s: %v", source, problems)
		}
	}
	f, problems := templates.NewFilter(columns, `number(amount) > 1`)
	if f == nil {
		t.Fatal(problems)
	}
	if keep, p := f.Keep([]string{"", "", "many"}); keep || p == nil || p.Code != "VAR-EXPR" {
		t.Errorf("a row that cannot be asked must be a problem, got %v %v", keep, p)
	}
	if diff := cmp.Diff([]int{2}, f.Columns()); diff != "" {
		t.Error(diff)
	}
}

func TestFiltersAsPeopleWriteThemAtFirst(t *testing.T) {
	columns, _ := sheet()
	for source, says := range map[string]string{
		`Country = "DE"`:                          "compare with ==",
		`Country <> "DE"`:                         "compare with !=",
		`Country == DE`:                           `in quotes when it is a text: "DE"`,
		`Country == “DE”`:                         "straight quotes",
		`Country == "DE`:                          "closing quote",
		`Country == "DE" AND Amount == "1"`:       "small letters",
		`First Name == "Ada"`:                     `row["First Name"]`,
		`Amount > 100`:                            "number(amount) > 100",
		`Amount > "100"`:                          "letter by letter",
		`Country == nil`:                          `first_name == ""`,
		`Country like "D%"`:                       "startsWith",
		`"D" in Country`:                          "contains",
		`Country`:                                 "compares something",
		`date(due_date) - date("2026-01-01") > 3`: "Hours() / 24",
	} {
		f, problems := templates.NewFilter(columns, source)
		if f != nil || len(problems) != 1 {
			t.Errorf("%s: %v", source, problems)
			continue
		}
		if p := problems[0]; !strings.Contains(p.Message+" | "+p.Hint, says) {
			t.Errorf("%s: %q | %q does not say %q", source, p.Message, p.Hint, says)
		}
	}
}

func TestFilterReadsNumbersInTheLocale(t *testing.T) {
	f, problems := templates.Mapping{Locale: "de"}.NewFilter([]string{"Betrag"}, `number(betrag) > 1000`)
	if f == nil {
		t.Fatal(problems)
	}
	for cell, want := range map[string]bool{"1.000,50": true, "999,50": false} {
		if keep, p := f.Keep([]string{cell}); keep != want || p != nil {
			t.Errorf("%s: %v %v", cell, keep, p)
		}
	}
}

// FuzzExpression lets strangers write expressions and cells: a text or a
// problem comes back, soon, and the same one the second time.
func FuzzExpression(f *testing.F) {
	f.Add(`first_name == "" ? "there" : first_name`, "Ada")
	f.Add(`join(map(split(v, " "), upper(#)), number(v))`, "1 2")
	f.Add(`let x = date(v); format(x, "2 Jan 2006")`, "2026-03-31")
	f.Add(`row["First Name"] matches "^(a+)+$"`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
	f.Add(`sum(split(v, ""), number(#))`, "12345")
	f.Fuzz(func(t *testing.T, source, cell string) {
		m := templates.Mapping{Sources: map[string]templates.Source{"v": {Expr: source}}}
		b, problems := templates.NewBinder([]string{"First Name", "v"}, strs("v"), m)
		if b == nil {
			if len(problems) == 0 {
				t.Fatal("refused without a word")
			}
			return
		}
		values := make([]string, 1)
		start := time.Now()
		p := b.Bind(values, []string{cell, cell})
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
		first := values[0]
		again := b.Bind(values, []string{cell, cell})
		if len(p) != len(again) || first != values[0] {
			t.Fatalf("first %q %v, then %q %v", first, p, values[0], again)
		}
	})
}

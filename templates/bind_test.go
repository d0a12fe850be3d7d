package templates_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates"
)

func strs(names ...string) []templates.Variable {
	vars := make([]templates.Variable, len(names))
	for i, n := range names {
		vars[i] = templates.Variable{Name: n, Type: "string", Required: true}
	}
	return vars
}

func TestColumnsAreFoundByThemselves(t *testing.T) {
	tests := []struct {
		variable string
		columns  []string
		want     int
		how      templates.How
	}{
		{"name", []string{"id", "name"}, 1, templates.SameName},
		{"first_name", []string{"First Name"}, 0, templates.SimilarName},
		{"first_name", []string{"FIRST-NAME"}, 0, templates.SimilarName},
		{"first_name", []string{"First\u00a0Name "}, 0, templates.SimilarName},
		{"firstName", []string{"first name"}, 0, templates.SimilarName},
		{"customer_id", []string{"CustomerID"}, 0, templates.SimilarName},
		{"prenom", []string{"Prénom"}, 0, templates.SimilarName},
		{"prenom", []string{"Pre\u0301nom"}, 0, templates.SimilarName},
		{"strasse", []string{"Straße"}, 0, templates.SimilarName},
		{"first_name", []string{"First Name", "first_name"}, 1, templates.SameName},
		{"First_Name", []string{"firstname", "First Name"}, 1, templates.SimilarName},
		{"_2nd_name", []string{"2nd name"}, 0, templates.SimilarName},
	}
	for _, tt := range tests {
		b, problems := templates.NewBinder(tt.columns, strs(tt.variable), templates.Mapping{})
		if b == nil {
			t.Errorf("%s in %q: %v", tt.variable, tt.columns, problems)
			continue
		}
		want := []templates.Match{{Variable: tt.variable, Column: tt.columns[tt.want], How: tt.how}}
		if diff := cmp.Diff(want, b.Matches()); diff != "" {
			t.Errorf("%s in %q (-want +got):\n%s", tt.variable, tt.columns, diff)
		}
		if diff := cmp.Diff([]int{tt.want}, b.Columns(0)); diff != "" {
			t.Errorf("%s in %q (-want +got):\n%s", tt.variable, tt.columns, diff)
		}
	}
}

func TestMappingProblems(t *testing.T) {
	columns := []string{"First Name", "Amount", "City", "city", "", "Total", "Total"}
	fallback := "there"
	tests := []struct {
		name   string
		v      templates.Variable
		source *templates.Source
		want   string
		says   string
	}{
		{name: "no column", v: strs("fist_name")[0], want: "error VAR-NO-COLUMN", says: `did you mean "First Name"?`},
		{name: "nothing near", v: strs("zip")[0], want: "error VAR-NO-COLUMN", says: `there is "First Name", "Amount"`},
		{name: "named column", v: strs("x")[0], source: &templates.Source{Column: "Amont"}, want: "error VAR-NO-COLUMN", says: `did you mean "Amount"?`},
		{name: "ambiguous", v: strs("CITY")[0], want: "error VAR-AMBIGUOUS", says: `"City", "city"`},
		{name: "twice in the sheet", v: strs("x")[0], source: &templates.Source{Column: "Total"}, want: "error VAR-AMBIGUOUS", says: "renamed"},
		{name: "default of the template", v: templates.Variable{Name: "nick", Default: &fallback}, want: "warning VAR-NO-COLUMN", says: `every row gets "there"`},
		{name: "default of the campaign", v: strs("nick")[0], source: &templates.Source{Default: "you", HasDefault: true}, want: "warning VAR-NO-COLUMN", says: `every row gets "you"`},
		{name: "optional", v: templates.Variable{Name: "nick", Optional: true}, want: "warning VAR-NO-COLUMN", says: "every row gets nothing"},
		{name: "optional but named", v: templates.Variable{Name: "nick", Optional: true}, source: &templates.Source{Column: "Nick"}, want: "error VAR-NO-COLUMN", says: `"Nick"`},
		{name: "transform", v: strs("amount")[0], source: &templates.Source{Transform: []string{"uper"}}, want: "error VAR-TRANSFORM", says: `did you mean "upper"?`},
		{name: "format", v: strs("amount")[0], source: &templates.Source{Format: "hello"}, want: "error VAR-BAD-FORMAT", says: "#,##0.00"},
		{name: "expression", v: strs("amount")[0], source: &templates.Source{Expr: "amuont"}, want: "error VAR-EXPR", says: "did you mean amount?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := templates.Mapping{Sources: map[string]templates.Source{}}
			if tt.source != nil {
				m.Sources[tt.v.Name] = *tt.source
			}
			b, problems := templates.NewBinder(columns, []templates.Variable{tt.v}, m)
			if len(problems) != 1 {
				t.Fatalf("want one problem, got %v", problems)
			}
			p := problems[0]
			if got := p.Severity.String() + " " + p.Code; got != tt.want || p.Variable != tt.v.Name {
				t.Errorf("got %s for %q, want %s", got, p.Variable, tt.want)
			}
			if !strings.Contains(p.Message+" | "+p.Hint, tt.says) {
				t.Errorf("%s | %s: does not say %s", p.Message, p.Hint, tt.says)
			}
			if (b == nil) != (p.Severity == problem.Error) {
				t.Error("a binder comes back exactly when there is no error")
			}
		})
	}
	_, problems := templates.NewBinder(columns, strs("amount"), templates.Mapping{Sources: map[string]templates.Source{"amonut": {Value: "x", HasValue: true}}})
	if len(problems) != 1 || problems[0].Code != "VAR-UNKNOWN" || problems[0].Hint != `did you mean "amount"?` {
		t.Errorf("a mapping for no variable: %v", problems)
	}
	_, problems = templates.NewBinder(columns, strs("amount"), templates.Mapping{Locale: "not a locale"})
	if len(problems) != 1 || problems[0].Code != "VAR-LOCALE" {
		t.Errorf("a bad locale: %v", problems)
	}
}

// bindOne binds one variable from one row.
func bindOne(t *testing.T, locale string, s templates.Source, columns, cells []string) (string, problem.List) {
	t.Helper()
	b, problems := templates.NewBinder(columns, strs("v"), templates.Mapping{Locale: locale, Sources: map[string]templates.Source{"v": s}})
	if b == nil {
		t.Fatalf("%+v: %v", s, problems)
	}
	values := []string{"left over"}
	problems = b.Bind(values, cells)
	return values[0], problems
}

func TestValuesAreMadeInOrderSourceTransformDefaultFormat(t *testing.T) {
	columns := []string{"City", "Amount"}
	tests := []struct {
		name  string
		s     templates.Source
		cells []string
		want  string
	}{
		{"a cell as it is", templates.Source{Column: "City"}, []string{"  Köln "}, "  Köln "},
		{"a row too short", templates.Source{Column: "Amount"}, []string{"Köln"}, ""},
		{"transforms in turn", templates.Source{Column: "City", Transform: []string{"trim", "upper"}}, []string{" köln "}, "KÖLN"},
		{"a default", templates.Source{Column: "City", Default: "your city", HasDefault: true}, []string{"\u00a0 "}, "your city"},
		{"a default for what transforms leave", templates.Source{Column: "City", Transform: []string{"digits"}, Default: "0", HasDefault: true}, []string{"Köln"}, "0"},
		{"a default is not formatted", templates.Source{Column: "Amount", Format: "€0.00", Default: "nothing", HasDefault: true}, []string{"", ""}, "nothing"},
		{"an empty cell is not formatted", templates.Source{Column: "Amount", Format: "€0.00"}, []string{"", ""}, ""},
		{"a fixed value", templates.Source{Value: "Ana", HasValue: true}, nil, "Ana"},
		{"a fixed value that is empty", templates.Source{HasValue: true}, nil, ""},
		{"an expression formatted", templates.Source{Expr: "number(amount) * 2", Format: "€#,##0.00"}, []string{"", "1500"}, "€3,000.00"},
	}
	for _, tt := range tests {
		if got, problems := bindOne(t, "", tt.s, columns, tt.cells); got != tt.want || len(problems) > 0 {
			t.Errorf("%s: got %q, want %q %v", tt.name, got, tt.want, problems)
		}
	}
}

func TestARowThatCannotBeConvertedIsAProblemOfThatVariable(t *testing.T) {
	got, problems := bindOne(t, "", templates.Source{Column: "Amount", Format: "0.00"}, []string{"Amount"}, []string{"twelve"})
	if got != "" || len(problems) != 1 || problems[0].Code != "VAR-CONVERT" || problems[0].Variable != "v" || problems[0].Value != "twelve" {
		t.Errorf("got %q, %+v", got, problems)
	}
}

func TestNumberColumnsAreReadInTheLocale(t *testing.T) {
	vars := []templates.Variable{{Name: "price", Type: "number"}, {Name: "count", Type: "integer"}, {Name: "zip", Type: "string"}}
	b, problems := templates.NewBinder([]string{"price", "count", "zip"}, vars, templates.Mapping{Locale: "de"})
	if b == nil {
		t.Fatal(problems)
	}
	values := make([]string, 3)
	if p := b.Bind(values, []string{"1.234,5", "12", "1,5"}); len(p) > 0 {
		t.Error(p)
	}
	if diff := cmp.Diff([]string{"1234.5", "12", "1,5"}, values); diff != "" {
		t.Error(diff)
	}
	if p := b.Bind(values, []string{"1.234", "twelve", ""}); len(p) != 1 || p[0].Variable != "price" || values[1] != "twelve" {
		t.Errorf("a thousand or one and a bit must not be guessed: %v %q", p, values)
	}
}

func TestNumberColumnsKeepWhatTheCheckMustSee(t *testing.T) {
	vars := []templates.Variable{{Name: "v", Type: "number"}}
	b, problems := templates.NewBinder([]string{"v"}, vars, templates.Mapping{})
	if b == nil {
		t.Fatal(problems)
	}
	values := make([]string, 1)
	for cell, want := range map[string]string{"1,234.50": "1234.5", "1234.50": "1234.50", "-7": "-7", "+7": "7", "12 €": "12 €", "15%": "15%", "1.2.3": "1.2.3", "many": "many"} {
		if p := b.Bind(values, []string{cell}); len(p) > 0 || values[0] != want {
			t.Errorf("%q became %q, want %q %v", cell, values[0], want, p)
		}
	}
}

func TestTransforms(t *testing.T) {
	tests := []struct{ transform, in, want string }{
		{"trim", "\u00a0\u200b Ada \ufeff\t", "Ada"},
		{"upper", "straße", "STRASSE"},
		{"lower", "ÉCOLE", "école"},
		{"first_word", "  Anne Marie Smith", "Anne"},
		{"first_word", "Anne-Marie\u00a0Smith", "Anne-Marie"},
		{"first_word", "", ""},
		{"lower", "ΟΔΟΣ", "οδος"},
		{"digits", "+49 (30) 12-34", "49301234"},
		{"title", "ADA LOVELACE", "Ada Lovelace"},
		{"title", "ada lovelace", "Ada Lovelace"},
		{"title", "ANNE-MARIE O'NEIL", "Anne-Marie O'Neil"},
		{"title", "MCDONALD", "McDonald"},
		{"title", "VINCENT VAN GOGH", "Vincent van Gogh"},
		{"title", "JAN VAN DER BERG", "Jan van der Berg"},
		{"title", "VAN DER BERG", "Van der Berg"},
		{"title", "Jan van der Berg", "Jan van der Berg"},
		{"title", "Ronald McDonald", "Ronald McDonald"},
		{"title", "Sinéad O’Connor", "Sinéad O’Connor"},
		{"title", "Ada LOVELACE", "Ada Lovelace"},
		{"title", "ADA'S", "Ada's"},
		{"title", "ÉMILE ZOLA", "Émile Zola"},
		{"title", "J.R.R. TOLKIEN", "J.R.R. Tolkien"},
		{"title", "", ""},
		{"title", "HENRY FORD III", "Henry Ford III"},
		{"title", "henry viii", "Henry VIII"},
		{"title", "Henry VIII", "Henry VIII"},
		{"title", "III SMITH", "Iii Smith"},
		{"title", "(ADA) LOVELACE", "(Ada) Lovelace"},
		{"title", "\"BOB\" SMITH", "\"Bob\" Smith"},
		{"title", "JOHN/JANE DOE", "John/Jane Doe"},
		{"title", "ROCK 'N' ROLL", "Rock 'n' Roll"},
		{"title", "'BOB' SMITH", "'Bob' Smith"},
		{"title", "4TH STREET", "4th Street"},
		{"title", "ΑΛΈΞΑΝΔΡΟΣ", "Αλέξανδρος"},
		{"title", "АННА ИВАНОВА", "Анна Иванова"},
		{"title", "JOSÉ DE LA CRUZ", "José de la Cruz"},
		{"title", "N’GOLO KANTÉ", "N’Golo Kanté"},
		{"title", "DR. MÜLLER-LÜDENSCHEIDT", "Dr. Müller-Lüdenscheidt"},
		{"title", "ßtest", "ßtest"},
		{"title", "李雷", "李雷"},
		{"tr title", "İBRAHİM IŞIK", "İbrahim Işık"},
		{"tr title", "ibrahim ışık", "İbrahim Işık"},
		{"nl title", "IJSBRAND VAN DIJK", "IJsbrand van Dijk"},
		{"first_word", "Smith, John", "Smith"},
		{"first_word", "AL CAPONE", "AL"},
	}
	for _, tt := range tests {
		language, name, ok := strings.Cut(tt.transform, " ")
		if !ok {
			language, name = "", tt.transform
		}
		got, problems := bindOne(t, language, templates.Source{Column: "v", Transform: []string{name}}, []string{"v"}, []string{tt.in})
		if got != tt.want || len(problems) > 0 {
			t.Errorf("%s %q: got %q, want %q %v", tt.transform, tt.in, got, tt.want, problems)
		}
	}
}

func TestBindingPlainColumnsDoesNotAllocate(t *testing.T) {
	b, values, cells := plainBinder(t)
	if n := testing.AllocsPerRun(100, func() { _ = b.Bind(values, cells) }); n != 0 {
		t.Errorf("%v allocations per row", n)
	}
}

func BenchmarkBindPlainColumns(b *testing.B) {
	binder, values, cells := plainBinder(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = binder.Bind(values, cells)
	}
}

func plainBinder(tb testing.TB) (*templates.Binder, []string, []string) {
	tb.Helper()
	var columns []string
	for i := range 20 {
		columns = append(columns, fmt.Sprintf("Column %d", i))
	}
	b, problems := templates.NewBinder(columns, strs("column_3", "column_5", "column_7", "column_11", "column_19"), templates.Mapping{})
	if b == nil {
		tb.Fatal(problems)
	}
	return b, make([]string, 5), columns
}

func BenchmarkBindExpression(b *testing.B) {
	binder, problems := templates.NewBinder([]string{"First Name"}, strs("v"), templates.Mapping{
		Sources: map[string]templates.Source{"v": {Expr: `first_name == "" ? "there" : first_name`}}})
	if binder == nil {
		b.Fatal(problems)
	}
	values, cells := make([]string, 1), []string{"Ada"}
	b.ReportAllocs()
	for b.Loop() {
		_ = binder.Bind(values, cells)
	}
}
